// What the tests share: the dfix to test with, and folders with files in them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

/** The dfix to test with: DFIX names it. */
export const DFIX = process.env["DFIX"] ?? "dfix";

export const TEXT = "FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\nRUN apt-get update && apt-get install -y curl\n";
export const MERGED =
  "FROM debian:12\nRUN mkdir /a \\\n    && chmod 700 /a\nRUN apt-get update && apt-get install -y curl\n";
export const BOTH =
  "FROM debian:12\nRUN mkdir /a \\\n    && chmod 700 /a\n" +
  "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n";

/** A new folder with these files, which goes when the tests are done. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "dfix-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ".git/HEAD": "", ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
