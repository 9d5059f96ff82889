console.log(require("@repo/core"));
