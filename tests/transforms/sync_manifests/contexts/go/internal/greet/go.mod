module example.com/greet

go 1.19

require example.com/words v0.0.0
