FROM node:20
WORKDIR /app
COPY client/package.json ./client/
RUN cd client && npm install && npm cache clean --force
COPY client ./client
