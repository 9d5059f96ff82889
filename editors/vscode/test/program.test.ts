// Command lines, and runs of the real dfix.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { MissingError, contextFolder, flags, programPath, run, serverCommand, verifyWords } from "../src/program";
import { DFIX, TEXT, folderWith } from "./place";

test("preferences as flags", () => {
  assert.deepEqual(flags({}), []);
  assert.deepEqual(flags({ select: null, ignore: [], unsafe: false, context: null }), []);
  assert.deepEqual(flags({ select: ["a", "b"], ignore: ["c"], unsafe: true, context: "/x y" }), [
    ...["--select", "a,b", "--ignore", "c", "--unsafe", "--context", "/x y"],
  ]);
});

test("where the settings point", () => {
  assert.equal(programPath("dfix", "/w"), "dfix");
  assert.equal(programPath(".venv/bin/dfix", "/w"), join("/w", ".venv/bin/dfix"));
  assert.equal(programPath("${workspaceFolder}/bin/dfix", "/w"), "/w/bin/dfix");
  assert.equal(programPath("/opt/dfix", "/w"), "/opt/dfix");
  assert.equal(programPath("bin/dfix", undefined), "bin/dfix");
  assert.equal(contextFolder("app", "/w"), join("/w", "app"));
  assert.equal(contextFolder("/app", "/w"), join("/app"));
  assert.equal(contextFolder("app", undefined), "app");
  assert.equal(contextFolder(null, "/w"), null);
});

test("the server's command line", () => {
  assert.deepEqual(serverCommand("/x/dfix"), { command: "/x/dfix", args: ["lsp"] });
});

test("a run of dfix has its status and what it prints", async () => {
  const folder = folderWith({ Dockerfile: TEXT });
  const ended = await run(DFIX, ["--check", "Dockerfile"], folder, "");
  assert.deepEqual([ended.status, ended.stdout], [1, "Dockerfile\n"]);
  assert.match(ended.stderr, /^2 changes possible in 1 of 1 file/);
});

test("a program that is not there", async () => {
  await assert.rejects(run("/absent/dfix", [], "/", ""), MissingError);
});

test("dfix takes the words that verify a file", async () => {
  const folder = folderWith({ Dockerfile: "FROM debian:12\n" });
  const words = verifyWords("Dockerfile", { select: ["merge-runs"], ignore: null, unsafe: true, context: folder });
  assert.deepEqual(words, ["verify", "--select", "merge-runs", "--unsafe", "--context", folder, "Dockerfile"]);
  const ended = await run(DFIX, words, folder, "");
  assert.doesNotMatch(ended.stderr, /No such option|Usage|requires an argument/);
});
