package greet

// Greet makes a greeting.
func Greet(name string) string { return "hello " + name }
