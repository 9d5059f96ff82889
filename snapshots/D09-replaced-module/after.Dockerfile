FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY sdk-go/go.mod ./sdk-go/
RUN go mod download
COPY . .
RUN go build -o /bin/app .

FROM debian:bookworm-slim
COPY --from=build /bin/app /bin/app
