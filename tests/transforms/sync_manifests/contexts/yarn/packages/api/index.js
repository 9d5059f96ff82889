module.exports = 'api'
