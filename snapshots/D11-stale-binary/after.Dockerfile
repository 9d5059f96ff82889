FROM rust:1.80
WORKDIR /app
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src && touch src/main.rs && cargo fetch && rm src/main.rs
COPY . .
RUN cargo build --release
CMD ["/app/target/release/app"]
