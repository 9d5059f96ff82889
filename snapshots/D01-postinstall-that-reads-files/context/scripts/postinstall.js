const fs = require("fs")
fs.readdirSync("src")
