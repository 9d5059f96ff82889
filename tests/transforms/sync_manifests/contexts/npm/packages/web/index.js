require('is-odd')
