// VS Code's settings for a document.

import * as vscode from "vscode";
import { contextFolder, programPath, type Preferences } from "./program";

/** The dfix to use for a document; `${workspaceFolder}` and relative paths are supported. */
export function programFor(uri: vscode.Uri | undefined): string {
  const named = vscode.workspace.getConfiguration("dfix", uri).get<string>("path") || "dfix";
  const folder = (uri && vscode.workspace.getWorkspaceFolder(uri)) ?? vscode.workspace.workspaceFolders?.[0];
  return programPath(named, folder?.uri.fsPath);
}

/** The settings for a document as command-line flags, the same that the server gets. */
export function preferencesFor(uri: vscode.Uri): Preferences {
  const settings = vscode.workspace.getConfiguration("dfix", uri);
  const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
  return {
    select: settings.get<string[] | null>("select") ?? null,
    ignore: settings.get<string[] | null>("ignore") ?? null,
    unsafe: settings.get<boolean>("unsafe") ?? false,
    context: contextFolder(settings.get<string | null>("context"), folder),
  };
}
