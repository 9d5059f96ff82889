declare function require(name: string): (value: string) => number;

const ms = require("ms");
const minutes: number = ms("2 hours") / 60000;
console.log(`${minutes} minutes`);
