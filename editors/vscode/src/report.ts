// dfix's report on a text (docs/schema/dfix-report-2.json), and the rewritten text.

import { basename, dirname } from "node:path";
import { flags, run, type Preferences } from "./program";

export interface Change {
  readonly rule: string;
  readonly line: number;
  readonly reason: string;
  readonly contract: string;
}

export interface Refusal {
  readonly rule: string;
  readonly line: number;
  readonly reason: string;
  readonly hint: string;
}

export interface Edit {
  readonly line: number;
  readonly lines: number;
  readonly text: string;
}

export interface Report {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly notes: readonly { readonly line: number; readonly message: string }[];
  readonly problem: { readonly line: number; readonly message: string; readonly hint: string } | null;
  readonly edits: readonly Edit[] | null;
}

/** The command failed; the message is for the user. */
export class FailedError extends Error {}

/**
 * dfix's report on the text of a file, saved or not. Rejects with a FailedError if it fails, and with a
 * MissingError if there is no dfix.
 */
export async function report(path: string, file: string, text: string, preferences: Preferences): Promise<Report> {
  const words = ["--output-format", "json", "-q", ...flags(preferences), "--stdin-filename", basename(file), "-"];
  const ended = await run(path, words, dirname(file), text);
  let read: { files?: Report[] };
  try {
    read = JSON.parse(ended.stdout) as { files?: Report[] };
  } catch {
    throw new FailedError(ended.stderr.trim().split("\n").pop() || `dfix ended with status ${ended.status}`);
  }
  const found = read.files?.[0];
  if (!found) {
    throw new FailedError("dfix has nothing to say of this file");
  }
  return found;
}

/** Why there is no rewritten text to show, "" if there is one. */
export function nothingToShow(found: Report): string {
  if (found.problem) {
    return `${found.problem.message}. ${found.problem.hint}`;
  }
  if (found.edits?.length) {
    return "";
  }
  return found.refusals.length ? "dfix has nothing to change here; Explain says what it left alone" : "dfix has nothing to change here";
}

/** Apply the report's edits to a text; each replaces whole lines, which count from 1. */
export function rewritten(text: string, edits: readonly Edit[]): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  for (const edit of [...edits].sort((one, other) => other.line - one.line)) {
    lines.splice(edit.line - 1, edit.lines, edit.text);
  }
  return lines.join("");
}
