FROM oven/bun
WORKDIR /app
COPY package.json bun.lock ./
COPY tools/lint-x ./tools/lint-x/
RUN bun install --frozen-lockfile
COPY . .
