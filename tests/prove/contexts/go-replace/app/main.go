package main

import (
	"fmt"

	"example.com/greet"
	"github.com/spf13/pflag"
)

func main() {
	name := pflag.String("name", "you", "whom to greet")
	pflag.Parse()
	fmt.Println(greet.Greet(*name))
}
