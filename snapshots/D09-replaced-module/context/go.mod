module ex.com/app

go 1.24

require (
	ex.com/sdk v0.0.0
	github.com/spf13/pflag v1.0.5
)

replace ex.com/sdk => ./sdk-go
