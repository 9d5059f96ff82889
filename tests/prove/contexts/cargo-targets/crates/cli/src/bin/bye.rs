fn main() {
    println!("bye {}", shape::greeting(7));
}
