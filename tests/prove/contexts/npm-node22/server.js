import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { nanoid } from "nanoid";
import polka from "polka";

const folder = process.env.DATA ?? "data";
const file = `${folder}/entries.json`;
const port = Number(process.env.PORT ?? 3000);

function entries() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

function answer(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body) + "\n");
}

async function text(request) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > 1000) return null;
  }
  return body.trim();
}

mkdirSync(folder, { recursive: true });

polka()
  .get("/", (_, response) => answer(response, 200, entries()))
  .post("/", async (request, response) => {
    const message = await text(request);
    if (!message) return answer(response, 400, { error: "send 1 to 1000 characters" });
    const entry = { id: nanoid(8), at: new Date().toISOString(), message };
    writeFileSync(file, JSON.stringify([...entries(), entry]));
    answer(response, 201, entry);
  })
  .listen(port, () => console.log(`guest book on port ${port}`));
