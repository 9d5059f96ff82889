// What dfix says of a text that need not be saved, and the pages that are made of it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { findings, rulesFor, startOf } from "../src/explain";
import { MissingError, run, type Preferences } from "../src/program";
import { FailedError, nothingToShow, report, rewritten } from "../src/report";
import { BOTH, DFIX, MERGED, TEXT, folderWith } from "./place";

const REFUSED = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm cache clean --force\n";

async function made(text: string, preferences: Preferences = {}, files: Record<string, string> = {}): Promise<string> {
  const found = await report(DFIX, join(folderWith(files), "Dockerfile"), text, preferences);
  return rewritten(text, found.edits ?? []);
}

test("the rewritten text is what the filter writes", async () => {
  for (const text of [TEXT, TEXT.trimEnd(), TEXT.replaceAll("\n", "\r\n"), `# é 🐳\n${TEXT}`, "FROM debian:12"]) {
    const filtered = await run(DFIX, ["--stdin-filename", "Dockerfile", "-"], folderWith({}), text);
    assert.equal(await made(text), filtered.stdout);
  }
  assert.equal(await made(TEXT), BOTH);
});

test("preferences and settings count, and what a save leaves is shown", async () => {
  assert.equal(await made(TEXT, { select: ["merge-runs"] }), MERGED);
  assert.equal(await made(TEXT, { ignore: ["clean-up"] }), MERGED);
  assert.equal(await made(TEXT, {}, { "dfix.toml": 'ignore = ["clean-up"]' }), MERGED);
  assert.equal(await made(TEXT, {}, { "dfix.toml": "save.select = []" }), BOTH);
});

test("edits of lines", () => {
  const text = "a\nb\nc";
  assert.equal(rewritten(text, []), text);
  assert.equal(rewritten(text, [{ line: 1, lines: 1, text: "" }]), "b\nc");
  assert.equal(rewritten(text, [{ line: 3, lines: 1, text: "d\n" }]), "a\nb\nd\n");
  assert.equal(rewritten(text, [{ line: 2, lines: 0, text: "x\n" }, { line: 3, lines: 1, text: "y" }]), "a\nx\nb\ny");
});

test("why there is nothing to show", async () => {
  const file = join(folderWith({}), "Dockerfile");
  assert.equal(nothingToShow(await report(DFIX, file, TEXT, {})), "");
  assert.equal(nothingToShow(await report(DFIX, file, "FROM debian:12\n", {})), "dfix has nothing to change here");
  assert.match(nothingToShow(await report(DFIX, file, "FROM a\nRAN b\n", {})), /^unknown instruction `RAN`\. /);
  assert.match(nothingToShow(await report(DFIX, file, REFUSED, {})), /Explain says what it left alone$/);
});

test("wrong settings and an absent program are told", async () => {
  const file = join(folderWith({ "dfix.toml": "selct = []" }), "Dockerfile");
  await assert.rejects(report(DFIX, file, TEXT, {}), (error: Error) => {
    assert.ok(error instanceof FailedError);
    assert.match(error.message, /dfix\.toml:1: unknown key `selct`/);
    return true;
  });
  await assert.rejects(report("/absent/dfix", file, TEXT, {}), MissingError);
});

test("the page says what was found, the line in question first", async () => {
  const found = await report(DFIX, join(folderWith({}), "Dockerfile"), TEXT, {});
  const page = findings("Dockerfile", found, 4);
  const [title, here, elsewhere, ...rest] = page.split(/\n+## (?:Here|Elsewhere)\n+/);
  assert.equal(title, "# Dockerfile");
  assert.match(here ?? "", /^- Line 4, \*\*clean-up\*\*: .* \(same image, except caches\)\.\n- Line 4, \*\*merge-runs\*\*: left alone: .*\.$/);
  assert.match(elsewhere ?? "", /^- Line 2, \*\*merge-runs\*\*: .* \(same image\)\.\n$/);
  assert.deepEqual(rest, []);
  assert.deepEqual(rulesFor(found, 4), ["clean-up", "merge-runs"]);
  assert.deepEqual(rulesFor(found, 2), ["merge-runs"]);
  assert.deepEqual(rulesFor(found, 1), ["merge-runs", "clean-up"]);
});

test("the page says why something was left alone", async () => {
  const file = join(folderWith({}), "Dockerfile");
  assert.match(findings("x", await report(DFIX, file, REFUSED, {}), 4), /\*\*split-manifests\*\*: left alone: /);
  assert.match(findings("x", await report(DFIX, file, "FROM a\nRAN b\n", {}), 1), /Line 2: unknown instruction `RAN`\. /);
  assert.match(findings("x", await report(DFIX, file, "FROM debian:12\n", {}), 1), /nothing to change, and nothing was/);
  const windows = "FROM mcr.microsoft.com/windows/nanoserver\n";
  assert.match(findings("x", await report(DFIX, file, windows, {}), 1), /The file is left alone: .*Windows/);
});

test("the instruction that a line continues", () => {
  const text = "FROM a\n# b\nRUN c \\\n  # d \\\n\n  e \\\n  f\n\nRUN g `\r\n  h\r\n";
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((line) => startOf(text, line)), [1, 2, 3, 3, 3, 3, 3, 8, 9, 9]);
});
