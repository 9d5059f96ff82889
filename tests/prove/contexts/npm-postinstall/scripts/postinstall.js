const version = require("../package.json").version;

console.log(`installed for ${version}`);
