// The real server over its standard input and output, with the settings as VS Code sends them.

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import * as lsp from "vscode-languageserver-protocol/node";
import { serverCommand } from "../src/program";
import { BOTH, DFIX, MERGED, TEXT, folderWith } from "./place";

const WAIT = 20_000;
const MANIFEST = JSON.parse(readFileSync(join(process.cwd(), "package.json"), "utf8"));

/** What VS Code sends of the section `dfix` where the user has set only `changed`, whose keys have dots. */
function settings(changed: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, one] of Object.entries<{ default: unknown }>(MANIFEST.contributes.configuration.properties)) {
    let inner = found;
    const names = key.split(".").slice(1);
    for (const name of names.slice(0, -1)) {
      inner = (inner[name] ??= {}) as Record<string, unknown>;
    }
    inner[names.at(-1) as string] = key in changed ? changed[key] : one.default;
  }
  return found;
}

/** A client with one document. */
class Client {
  readonly messages: string[] = [];
  readonly uri: string;
  private readonly child: ChildProcess;
  private readonly talk: lsp.ProtocolConnection;
  private readonly folder: string;
  private diagnosed: (found: lsp.PublishDiagnosticsParams) => void = () => undefined;

  constructor(folder: string, private readonly answers: Record<string, unknown>) {
    this.folder = pathToFileURL(folder).href;
    this.uri = `${this.folder}/Dockerfile`;
    const { command, args } = serverCommand(DFIX);
    this.child = spawn(command, [...args, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout, stdin } = this.child;
    assert.ok(stdout && stdin);
    this.talk = lsp.createProtocolConnection(new lsp.StreamMessageReader(stdout), new lsp.StreamMessageWriter(stdin));
    this.talk.onRequest(lsp.ConfigurationRequest.type, ({ items }) => items.map(() => this.answers));
    this.talk.onRequest(lsp.RegistrationRequest.type, () => undefined);
    this.talk.onNotification(lsp.ShowMessageNotification.type, ({ message }) => void this.messages.push(message));
    this.talk.onNotification(lsp.PublishDiagnosticsNotification.type, (found) => this.diagnosed(found));
    this.talk.listen();
  }

  async start(): Promise<lsp.ServerCapabilities> {
    const { capabilities } = await this.talk.sendRequest(lsp.InitializeRequest.type, {
      processId: process.pid,
      rootUri: this.folder,
      workspaceFolders: [{ uri: this.folder, name: "test" }],
      initializationOptions: this.answers,
      capabilities: {
        workspace: {
          configuration: true,
          didChangeConfiguration: { dynamicRegistration: true },
          didChangeWatchedFiles: { dynamicRegistration: true },
          workspaceEdit: { documentChanges: true },
          workspaceFolders: true,
        },
        textDocument: {
          publishDiagnostics: { versionSupport: true },
          codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix", "source.fixAll"] } } },
        },
      },
    });
    await this.talk.sendNotification(lsp.InitializedNotification.type, {});
    return capabilities;
  }

  /** Opens the document, and answers with what the server says of it. */
  async open(text: string): Promise<lsp.PublishDiagnosticsParams> {
    const found = new Promise<lsp.PublishDiagnosticsParams>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("no diagnostics came")), WAIT);
      this.diagnosed = (one) => {
        clearTimeout(late);
        resolve(one);
      };
    });
    await this.talk.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
      textDocument: { uri: this.uri, languageId: "dockerfile", version: 1, text },
    });
    return found;
  }

  async formatted(text: string): Promise<string> {
    const edits = await this.talk.sendRequest(lsp.DocumentFormattingRequest.type, {
      textDocument: { uri: this.uri },
      options: { tabSize: 4, insertSpaces: true },
    });
    return applied(text, edits ?? []);
  }

  async fixAll(): Promise<lsp.CodeAction[]> {
    const found = await this.talk.sendRequest(lsp.CodeActionRequest.type, {
      textDocument: { uri: this.uri },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only: ["source.fixAll.dfix"] },
    });
    return (found ?? []).filter(lsp.CodeAction.is);
  }

  async change(answers: Record<string, unknown>): Promise<void> {
    Object.assign(this.answers, answers);
    await this.talk.sendNotification(lsp.DidChangeConfigurationNotification.type, { settings: { dfix: answers } });
  }

  /** Ends the server in good order, and answers with its exit status. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once("exit", resolve));
    await this.talk.sendRequest(lsp.ShutdownRequest.type);
    await this.talk.sendNotification(lsp.ExitNotification.type);
    const status = await ended;
    this.talk.dispose();
    return status;
  }
}

function applied(text: string, edits: readonly lsp.TextEdit[]): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const offset = (place: lsp.Position): number => (starts[place.line] ?? text.length) + place.character;
  const sorted = [...edits].sort((one, other) => offset(other.range.start) - offset(one.range.start));
  for (const { range, newText } of sorted) {
    text = text.slice(0, offset(range.start)) + newText + text.slice(offset(range.end));
  }
  return text;
}

async function withClient(
  changed: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string>>,
  body: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client(folderWith({ Dockerfile: TEXT, ...files }), settings(changed));
  try {
    const capabilities = await client.start();
    assert.ok(capabilities.documentFormattingProvider);
    await body(client);
  } finally {
    assert.equal(await client.stop(), 0);
  }
}

test("the settings as they are installed are taken, and a format on save makes every safe change", async () => {
  await withClient({}, {}, async (client) => {
    const { diagnostics, version } = await client.open(TEXT);
    assert.equal(version, 1);
    assert.deepEqual(new Set(diagnostics.map((one) => one.code)), new Set(["merge-runs", "clean-up"]));
    assert.equal(await client.formatted(TEXT), BOTH);
    assert.deepEqual(client.messages, []);
  });
});

test("fix-all makes what a format does", async () => {
  await withClient({}, {}, async (client) => {
    await client.open(TEXT);
    const actions = await client.fixAll();
    assert.equal(actions.length, 1);
    const [change] = actions[0]?.edit?.documentChanges ?? [];
    assert.ok(change && lsp.TextDocumentEdit.is(change));
    assert.equal(applied(TEXT, change.edits as lsp.TextEdit[]), BOTH);
    assert.equal(actions[0]?.kind, MANIFEST.contributes.codeActions[0].actions[0].kind);
  });
});

test("dfix.save.select and dfix.save.ignore narrow a save, and nothing else", async () => {
  for (const changed of [{ "dfix.save.select": ["merge-runs"] }, { "dfix.save.ignore": ["clean-up"] }]) {
    await withClient(changed, {}, async (client) => {
      const { diagnostics } = await client.open(TEXT);
      assert.deepEqual(new Set(diagnostics.map((one) => one.code)), new Set(["merge-runs", "clean-up"]));
      assert.equal(await client.formatted(TEXT), MERGED);
    });
  }
});

test("settings that change while it runs", async () => {
  await withClient({}, {}, async (client) => {
    await client.open(TEXT);
    await client.change(settings({ "dfix.save.select": ["merge-runs"] }));
    const late = Date.now() + WAIT;
    while ((await client.formatted(TEXT)) !== MERGED) {
      assert.ok(Date.now() < late, "the new settings do not count");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

test("a wrong setting is told, and the server goes on", async () => {
  await withClient({ "dfix.save.select": ["no-such-rule"] }, {}, async (client) => {
    await client.open(TEXT);
    assert.equal(await client.formatted(TEXT), BOTH);
    assert.match(client.messages.join("\n"), /names an unknown rule, `no-such-rule`/);
  });
});

test("a half-written file is left alone", async () => {
  await withClient({}, {}, async (client) => {
    const half = `${TEXT}RUN <<EOF\necho`;
    const { diagnostics } = await client.open(half);
    assert.deepEqual(diagnostics.map((one) => one.severity), [lsp.DiagnosticSeverity.Error]);
    assert.equal(await client.formatted(half), half);
  });
});
