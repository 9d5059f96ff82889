const fastify = require("fastify")();

fastify.get("/", async () => "hello");
fastify.listen({ port: 3000 });
