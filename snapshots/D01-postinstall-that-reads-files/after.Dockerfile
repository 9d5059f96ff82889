FROM node:22-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --omit=dev
FROM node:22-slim
COPY --from=build /app /app
CMD ["node","/app/src/a.js"]
