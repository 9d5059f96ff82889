fn main() {
    let mut buffer = itoa::Buffer::new();
    println!("hello {}", buffer.format(42u64));
}
