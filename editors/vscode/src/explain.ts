// dfix's findings about a file, as a page.

import type { Report } from "./report";

const PROMISES: Readonly<Record<string, string>> = {
  "same-image": "same image",
  "same-but-caches": "same image, except caches",
  "repairs": "the build fails or leaves out packages today",
  "changed-image": "changes the image",
};

interface Said {
  readonly line: number;
  readonly rule: string;
  readonly text: string;
}

/** The first part of the page: possible changes and what was left alone, nearest to the (1-based) line first. */
export function findings(name: string, found: Report, line: number): string {
  const parts = [`# ${name}\n`];
  if (found.problem) {
    const place = found.problem.line ? `Line ${found.problem.line}: ` : "";
    parts.push(`${place}${sentence(found.problem.message, found.problem.hint)}\n`);
  }
  for (const note of found.notes) {
    parts.push(`The file is left alone: ${note.message}.\n`);
  }
  const said = all(found);
  parts.push(list("Here", said.filter((one) => one.line === line)));
  parts.push(list(said.some((one) => one.line === line) ? "Elsewhere" : "", said.filter((one) => one.line !== line)));
  if (!found.problem && !found.notes.length && !said.length) {
    parts.push("There is nothing to change, and nothing was left alone.\n");
  }
  return parts.filter(Boolean).join("\n");
}

/** The first line of the instruction that a (1-based) line continues; comments and blank lines may be in between. */
export function startOf(text: string, line: number): number {
  const lines = text.split(/\r?\n/);
  let start = line;
  for (let above = line - 1; above > 0; above--) {
    const content = (lines[above - 1] ?? "").trim();
    if (/[\\`]$/.test(content) && !content.startsWith("#")) {
      start = above;
    } else if (content && !content.startsWith("#")) {
      break;
    }
  }
  return start;
}

/** The rules whose pages follow: those with findings on the line, else all with findings in the file. */
export function rulesFor(found: Report, line: number): string[] {
  const said = all(found);
  const here = said.filter((one) => one.line === line);
  return [...new Set((here.length ? here : said).map((one) => one.rule))];
}

function all(found: Report): Said[] {
  const changes = found.changes.map((one) => ({
    line: one.line,
    rule: one.rule,
    text: `${one.reason} (${PROMISES[one.contract] ?? one.contract}).`,
  }));
  const refusals = found.refusals.map((one) => ({
    line: one.line,
    rule: one.rule,
    text: `left alone: ${sentence(one.reason, one.hint)}`,
  }));
  return [...changes, ...refusals].sort((one, other) => one.line - other.line);
}

function list(title: string, said: readonly Said[]): string {
  if (!said.length) {
    return "";
  }
  const rows = said.map((one) => `- Line ${one.line}, **${one.rule}**: ${one.text}\n`).join("");
  return title ? `## ${title}\n\n${rows}` : rows;
}

function sentence(message: string, hint: string): string {
  return hint ? `${message}. ${hint[0]?.toUpperCase()}${hint.slice(1)}.` : `${message}.`;
}
