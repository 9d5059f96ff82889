// The dfix program: how the server is started, and runs that end by themselves.

import { spawn } from "node:child_process";
import { isAbsolute, join } from "node:path";

/** What the settings `dfix.*` say that a command line can be told, too. */
export interface Preferences {
  readonly select?: readonly string[] | null;
  readonly ignore?: readonly string[] | null;
  readonly unsafe?: boolean | null;
  readonly context?: string | null;
}

/** How a run ended. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program could not be started at all. */
export class MissingError extends Error {}

/** Where `dfix.path` points: a name on the search path, or a file seen from the workspace's folder. */
export function programPath(named: string, folder: string | undefined): string {
  const path = folder ? named.replaceAll("${workspaceFolder}", folder) : named;
  return folder && /[/\\]/.test(path) && !isAbsolute(path) ? join(folder, path) : path;
}

/** The build context that the settings name, seen from the workspace's folder. */
export function contextFolder(named: string | null | undefined, folder: string | undefined): string | null {
  return named ? (folder ? join(isAbsolute(named) ? "" : folder, named) : named) : null;
}

/** The command line of the language server. */
export function serverCommand(path: string): { command: string; args: string[] } {
  return { command: path, args: ["lsp"] };
}

/** The words that verify a file by real builds. What a build needs further stands in the settings of the project. */
export function verifyWords(file: string, preferences: Preferences): string[] {
  return ["verify", ...flags(preferences), file];
}

/** The preferences as flags. */
export function flags(preferences: Preferences): string[] {
  const words: string[] = [];
  if (preferences.select) {
    words.push("--select", preferences.select.join(","));
  }
  if (preferences.ignore?.length) {
    words.push("--ignore", preferences.ignore.join(","));
  }
  if (preferences.unsafe) {
    words.push("--unsafe");
  }
  if (preferences.context) {
    words.push("--context", preferences.context);
  }
  return words;
}

/** Runs dfix in a folder and gives it `stdin`. Rejects with a MissingError when there is no such program. */
export function run(path: string, words: readonly string[], folder: string, stdin: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [...words], { cwd: folder, stdio: "pipe" });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => out.push(data));
    child.stderr.on("data", (data: Buffer) => err.push(data));
    child.on("error", (error) => reject(new MissingError(`dfix cannot be started: ${error.message}`)));
    child.on("close", (status) =>
      resolve({
        status: status ?? 2,
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
      }),
    );
    child.stdin.on("error", () => undefined); // it may end before it has read all; its status says why
    child.stdin.end(stdin);
  });
}
