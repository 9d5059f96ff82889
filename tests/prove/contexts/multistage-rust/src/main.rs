fn main() {
    let words = std::fs::read_to_string("words.txt").expect("words.txt");
    println!("{} words", itoa::Buffer::new().format(words.split_whitespace().count()));
}
