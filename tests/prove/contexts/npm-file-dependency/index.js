console.log(require("chalk").green(require("greet")("you")));
