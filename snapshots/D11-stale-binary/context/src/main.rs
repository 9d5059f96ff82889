fn main() {
    println!("Goodbye");
}
