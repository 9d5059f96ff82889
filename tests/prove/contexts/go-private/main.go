package main

import (
	"fmt"

	"github.com/spf13/pflag"
)

func main() {
	name := pflag.String("name", "you", "whom to greet")
	pflag.Parse()
	fmt.Println("hello " + *name)
}
