console.log(require('core')(7))
