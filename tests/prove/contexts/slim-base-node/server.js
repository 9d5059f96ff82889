require("http").createServer((_, answer) => answer.end("slim")).listen(18087);
