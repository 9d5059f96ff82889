FROM node:22
RUN corepack enable
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/a/package.json ./packages/a/
COPY patches ./patches/
RUN pnpm install --frozen-lockfile
COPY . .
