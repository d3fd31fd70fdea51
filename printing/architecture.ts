import { readdirSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import {
  PLATFORM_POST_MOVES,
  PLATFORM_POST_STATUS_MEANINGS,
  POST_MOVES,
  POST_STATUS_MEANINGS,
} from "../model/status.ts";
import { code, fenced, table } from "./markdown.ts";

const ROOT = join(import.meta.dirname, "..");

/** Every folder of the root and of `server/`, and what lies in it. */
const ROOMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "": {
    model: "the words: statuses, errors, ids, limits; imports nothing",
    platforms:
      "the networks, a folder each: rules, broker, sandbox; `kit/` is what they share, `conformance/` tests them all alike",
    contract: "the API as data: every operation once; OpenAPI, client, MCP tools, n8n and docs are printed from it",
    printing: "what is printed from declarations: documentation, client types, the n8n node, llm.txt",
    server: "how the promise is kept",
    sandbox: "the networks' stand-in: a process of its own with the ledger of what was published",
    client: "a typed client, published by itself",
    cli: "the commands; those of `remote/` are clients like any other",
    integrations: "what other tools load",
    docs: "guides, decisions, measurements",
    tests: "what needs the whole house: journeys, attacks, faults; and the worlds that tests are built in",
    bench: "measurements, the fault harness and the simulation",
  },
  server: {
    http: "the REST API, the pages and the served documentation",
    mcp: "the MCP server",
    calls: "what both have in common: who calls, with what key, how often, and what is refused",
    domain: "the verbs: what a call does, the same over every skin",
    publishing: "the engine",
    jobs: "work that waits its turn, other than posts",
    oauth: "connecting accounts, their tokens, and keeping them fresh",
    auth: "people: signing in, sessions, second factors",
    mail: "email: wording and sending",
    media: "files: taking in, measuring, rewrapping, serving",
    db: "the database: `queries/` with a file for each table, migrations, and the embedded PostgreSQL",
    storage: "where bytes lie: a folder or S3",
    vault: "sealing tokens and secrets, and the keys for that",
    turns: "who is next among those who wait",
    start: "the processes: configuration, wiring, watching over them",
  },
};

const rules = z.object({
  default: z.object({ forbidden: z.array(z.object({ name: z.string(), comment: z.string() })) }),
});

/** The house on one page, printed from its folders, its import rules and its tables of states. */
export async function architecture(): Promise<string> {
  const { forbidden } = rules.parse(await import(join(ROOT, ".dependency-cruiser.js"))).default;
  return [
    "# Architecture",
    "",
    "Printed from the folders, `.dependency-cruiser.js` and `model/status.ts`. Why things are so stands in the [decisions](decisions/README.md), what words mean in the [glossary](glossary.md).",
    "",
    "## Rooms",
    "",
    ...table(["Folder", "What lies there"], rooms("")),
    "",
    "In `server/`, from the top down; `start/` puts it together:",
    "",
    ...table(["Folder", "What lies there"], rooms("server")),
    "",
    "## What may import what",
    "",
    "A file imports only from below its own row. Each rule is checked with every change.",
    "",
    ...table(
      ["Rule", "Why"],
      forbidden.map(({ name, comment }) => [name.replaceAll("-", " "), comment]),
    ),
    "",
    "## The path of a post",
    "",
    "1. `contract/operations/posts.ts` parses the body; `server/calls/bind.ts` finds the operation, who calls, and whether the call is a repeat.",
    "2. `server/domain/posts/create-post.ts` has `platforms/validate/validate.ts` say everything that is wrong with it, by the rules of each platform, and stores it with one statement.",
    "3. When it is due, `server/publishing/claim.ts` leases one platform post to one process, by a fence that only grows.",
    "4. `run.ts` runs the steps that `platforms/<name>/broker.ts` names. Hidden ones (containers, uploads) may be run again, and run ahead of the due time.",
    "5. A visible one is a commit: `commit.ts` writes the intent, lets one request out within its deadline, and writes down what came of it. A broker cannot send by itself.",
    "6. Where the answer was lost, `reconcile.ts` reads back what became of it. Nothing is sent again unless it is proved that the first did nothing.",
    "7. `settle.ts` writes the status and the events in one transaction; webhooks and event streams go out from there.",
    "",
    "## States",
    "",
    "Of a post. Its status follows from its platform posts, but for `draft`, `scheduled` and `discarded`, which are acts of the caller.",
    "",
    ...fenced("mermaid", states(POST_MOVES)),
    "",
    ...table(
      ["Status", "Meaning"],
      Object.entries(POST_STATUS_MEANINGS).map(([status, meaning]) => [code(status), meaning]),
    ),
    "",
    "Of a platform post. By itself it only goes forward.",
    "",
    ...fenced("mermaid", states(PLATFORM_POST_MOVES)),
    "",
    ...table(
      ["Status", "Meaning"],
      Object.entries(PLATFORM_POST_STATUS_MEANINGS).map(([status, meaning]) => [code(status), meaning]),
    ),
    "",
  ].join("\n");
}

function rooms(folder: string): string[][] {
  const there = readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
    .map(({ name }) => name);
  const told = Object.entries(ROOMS[folder] ?? {});
  const missing = [
    ...there.filter((name) => !told.some(([room]) => room === name)),
    ...told.map(([room]) => room).filter((room) => !there.includes(room)),
  ];
  if (missing.length > 0)
    throw new Error(
      `printing/architecture.ts does not tell the rooms of ${folder || "the root"} as they are: ${missing.join(", ")}`,
    );
  return told.map(([room, what]) => [code(join(folder, room, "/")), what]);
}

function states(moves: readonly (readonly [from: string, to: string, by: string])[]): string {
  return ["stateDiagram-v2", ...moves.map(([from, to, by]) => `  ${from} --> ${to}: ${by.replaceAll(":", ",")}`)].join(
    "\n",
  );
}
