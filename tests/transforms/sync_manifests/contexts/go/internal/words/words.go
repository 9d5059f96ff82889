package words

// Hello is a greeting.
const Hello = "hello"
