FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN go build -o /app .

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY --from=build /app /app
CMD ["/app"]
