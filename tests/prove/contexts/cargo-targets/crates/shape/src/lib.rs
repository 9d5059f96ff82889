pub fn greeting(number: u64) -> String {
    let mut buffer = itoa::Buffer::new();
    format!("hello {}", buffer.format(number))
}
