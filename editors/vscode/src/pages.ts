// Generated documents that are never saved: the right side of a diff, and the explanation page.

import * as vscode from "vscode";
import { findings, rulesFor } from "./explain";
import { run } from "./program";
import { report, rewritten, type Report } from "./report";
import { preferencesFor, programFor } from "./settings";

export const SCHEME = "dfix";
const SETTLED = 300;

interface Question {
  readonly kind: "diff" | "explain";
  readonly document: string;
  readonly line: number;
}

/** The URI of a page about a document; the extension of its name tells VS Code the language. */
export function pageFor(kind: "diff" | "explain", document: vscode.TextDocument, line: number): vscode.Uri {
  const question: Question = { kind, document: document.uri.toString(), line };
  const path = document.uri.path.replace(/^\/?/, "/") + (kind === "diff" ? "" : ".md");
  return vscode.Uri.from({ scheme: SCHEME, authority: kind, path, query: JSON.stringify(question) });
}

/** dfix's report on a document with its unsaved text. */
export function reportOf(document: vscode.TextDocument): Promise<Report> {
  const { uri, fileName } = document;
  return report(programFor(uri), fileName, document.getText(), preferencesFor(uri));
}

/** Provides the pages, and updates them when their document is edited. */
export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly listening: vscode.Disposable;
  readonly onDidChange = this.changed.event;

  constructor() {
    this.listening = vscode.workspace.onDidChangeTextDocument((event) => this.edited(event.document.uri.toString()));
  }

  async provideTextDocumentContent(page: vscode.Uri): Promise<string> {
    const question = JSON.parse(page.query) as Question;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(question.document));
    const found = await reportOf(document);
    if (question.kind === "diff") {
      return rewritten(document.getText(), found.edits ?? []);
    }
    const program = programFor(document.uri);
    const folder = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath ?? process.cwd();
    const parts = [findings(vscode.workspace.asRelativePath(document.uri), found, question.line)];
    for (const rule of rulesFor(found, question.line)) {
      parts.push((await run(program, ["rule", rule], folder, "")).stdout);
    }
    return parts.join("\n---\n\n");
  }

  dispose(): void {
    this.listening.dispose();
    this.changed.dispose();
    this.waiting.forEach((timer) => clearTimeout(timer));
  }

  private edited(uri: string): void {
    for (const page of vscode.workspace.textDocuments) {
      if (page.uri.scheme === SCHEME && (JSON.parse(page.uri.query) as Question).document === uri) {
        const key = page.uri.toString();
        clearTimeout(this.waiting.get(key));
        this.waiting.set(key, setTimeout(() => this.changed.fire(page.uri), SETTLED));
      }
    }
  }
}
