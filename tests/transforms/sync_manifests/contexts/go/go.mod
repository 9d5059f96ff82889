module example.com/app

go 1.19

require example.com/greet v0.0.0

require example.com/words v0.0.0 // indirect

replace (
	example.com/greet => ./internal/greet
	example.com/words => ./internal/words
)
