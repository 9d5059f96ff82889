module.exports = require("lodash").upperFirst("hello");
