// Running the dfix program: the command line of the server, and one-off runs.

import { spawn } from "node:child_process";
import { isAbsolute, join } from "node:path";

/** The settings `dfix.*` that are also command-line flags. */
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

/** The program could not be started. */
export class MissingError extends Error {}

/** The program in `dfix.path`: a name on the search path, or a file relative to the workspace's folder. */
export function programPath(named: string, folder: string | undefined): string {
  const path = folder ? named.replaceAll("${workspaceFolder}", folder) : named;
  return folder && /[/\\]/.test(path) && !isAbsolute(path) ? join(folder, path) : path;
}

/** The build context in the settings, relative to the workspace's folder. */
export function contextFolder(named: string | null | undefined, folder: string | undefined): string | null {
  return named ? (folder ? join(isAbsolute(named) ? "" : folder, named) : named) : null;
}

/** The command line of the language server. */
export function serverCommand(path: string): { command: string; args: string[] } {
  return { command: path, args: ["lsp"] };
}

/** The arguments that verify a file. Whatever else a build needs is in the project's settings. */
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

/** Runs dfix in a folder and gives it `stdin`. Rejects with a MissingError if there is no such program. */
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
    child.stdin.on("error", () => undefined); // it may end before reading everything; its status says why
    child.stdin.end(stdin);
  });
}
