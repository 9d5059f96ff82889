FROM golang:1.24
WORKDIR /src
COPY go.mod go.sum ./
COPY sdk-go/go.mod ./sdk-go/
RUN go mod download
COPY . .
RUN go build -o /bin/app .
