console.log(require("fs").readdirSync("node_modules").filter((name) => name !== "typescript" && name[0] !== ".").join(), require("ms")(1000));
