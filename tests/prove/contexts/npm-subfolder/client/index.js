require("axios").get("http://localhost").catch(() => console.log("hello"));
