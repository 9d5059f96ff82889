console.log(require("fs").readFileSync("node_modules/ms/license.md", "utf8"));
