package greet

import "example.com/words"

// Hello greets.
func Hello() string { return words.Hello }
