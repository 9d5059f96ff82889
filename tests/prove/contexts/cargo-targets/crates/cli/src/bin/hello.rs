fn main() {
    println!("{}", shape::greeting(42));
}
