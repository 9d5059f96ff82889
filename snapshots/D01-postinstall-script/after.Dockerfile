FROM node:22-slim
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts/postinstall.js ./scripts/
RUN npm ci --omit=dev && npm cache clean --force
COPY . .
CMD ["node","server.js"]
