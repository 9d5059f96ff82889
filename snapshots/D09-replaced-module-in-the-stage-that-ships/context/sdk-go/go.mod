module ex.com/sdk

go 1.24
