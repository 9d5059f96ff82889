const fs = require("fs");

fs.mkdirSync("dist", { recursive: true });
const pages = fs.readdirSync("src").map((name) => fs.readFileSync(`src/${name}`, "utf8"));
fs.writeFileSync("dist/pages.txt", `${require("express/package.json").version}\n${pages.join("")}`);
