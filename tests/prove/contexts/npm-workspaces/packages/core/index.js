const { upperFirst } = require("lodash");

module.exports = () => upperFirst("hello");
