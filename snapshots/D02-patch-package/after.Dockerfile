FROM node:20
WORKDIR /app
COPY package.json ./
COPY patches ./patches/
RUN npm install && npm cache clean --force
COPY . .
