const hello = require("@repo/core");

require("express")().get("/", (q, r) => r.send(hello())).listen(3000);
