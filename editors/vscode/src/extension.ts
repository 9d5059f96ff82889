// The extension: the language server does the work; three commands show results.

import * as vscode from "vscode";
import { LanguageClient, TransportKind, type Executable, type LanguageClientOptions } from "vscode-languageclient/node";
import { startOf } from "./explain";
import { Pages, SCHEME, pageFor, reportOf } from "./pages";
import { serverCommand, verifyWords } from "./program";
import { nothingToShow } from "./report";
import { preferencesFor, programFor } from "./settings";

const LANGUAGE = "dockerfile";
const DOCUMENTS = [
  { scheme: "file", language: LANGUAGE },
  { scheme: "untitled", language: LANGUAGE },
];
let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const pages = new Pages();
  context.subscriptions.push(
    pages,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, pages),
    vscode.commands.registerTextEditorCommand("dfix.showDiff", (editor) => told(showDiff(editor))),
    vscode.commands.registerTextEditorCommand("dfix.explain", (editor) => told(explain(editor))),
    vscode.commands.registerTextEditorCommand("dfix.verify", (editor) => told(verify(editor))),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("dfix.path")) {
        await deactivate();
        await start();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.dispose().catch(() => undefined); // nothing to stop if it could not be started
}

async function start(): Promise<void> {
  const executable: Executable = { ...serverCommand(programFor(undefined)), transport: TransportKind.stdio };
  const options: LanguageClientOptions = {
    documentSelector: DOCUMENTS,
    synchronize: { configurationSection: "dfix" },
    diagnosticCollectionName: "dfix",
  };
  const started = new LanguageClient("dfix", "dfix", executable, options);
  client = started;
  try {
    await started.start();
  } catch (error) {
    if (client === started) {
      await missing(`The language server of dfix does not start (${said(error)}).`);
    }
  }
}

async function missing(message: string): Promise<void> {
  const settings = "Open Settings";
  const advice = "Install it with pip install 'dfix[lsp]', or set dfix.path.";
  if ((await vscode.window.showErrorMessage(`${message} ${advice}`, settings)) === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "dfix.path");
  }
}

async function showDiff(editor: vscode.TextEditor): Promise<void> {
  const document = editor.document;
  const nothing = nothingToShow(await reportOf(document));
  if (nothing) {
    await vscode.window.showInformationMessage(nothing);
    return;
  }
  const page = pageFor("diff", document, 0);
  const name = vscode.workspace.asRelativePath(document.uri);
  await vscode.commands.executeCommand("vscode.diff", document.uri, page, `${name} (original ↔ dfix)`);
}

async function explain(editor: vscode.TextEditor): Promise<void> {
  const line = startOf(editor.document.getText(), editor.selection.active.line + 1);
  const page = pageFor("explain", editor.document, line);
  await reportOf(editor.document); // on an error, show the reason before opening a page
  await vscode.commands.executeCommand("markdown.showPreviewToSide", page);
}

async function verify(editor: vscode.TextEditor): Promise<void> {
  const document = editor.document;
  if (!(await document.save())) {
    throw new Error("dfix verify builds the file on disk: save it first");
  }
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const words = verifyWords(document.fileName, preferencesFor(document.uri));
  const run = new vscode.ProcessExecution(programFor(document.uri), words, folder ? { cwd: folder.uri.fsPath } : {});
  const name = `verify ${vscode.workspace.asRelativePath(document.uri)}`;
  const scope = folder ?? vscode.TaskScope.Global;
  const task = new vscode.Task({ type: "process" }, scope, name, "dfix", run, []);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated };
  await vscode.tasks.executeTask(task);
}

async function told(doing: Promise<void>): Promise<void> {
  try {
    await doing;
  } catch (error) {
    await vscode.window.showErrorMessage(said(error));
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
