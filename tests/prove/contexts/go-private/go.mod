module example.com/hello

go 1.19

require (
	example.com/private/tools v1.0.0
	github.com/spf13/pflag v1.0.5
)
