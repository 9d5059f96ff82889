module.exports = 'web'
