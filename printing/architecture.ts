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

/** Every folder of the root and of `server/`, and what it contains. */
const ROOMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "": {
    model: "shared types: statuses, errors, IDs, limits; imports nothing",
    platforms:
      "one folder per network: rules, broker, sandbox; `kit/` is shared code, " +
      "`conformance/` tests them all in the same way",
    contract:
      "the API as data: every operation once; OpenAPI, client types, MCP tools, " +
      "the n8n node and docs are generated from it",
    printing: "generators: documentation, client types, the n8n node, llm.txt",
    packing: "makes the packages for npm and Python",
    server: "the implementation",
    sandbox: "simulates the networks, in its own process with a ledger of everything published",
    client: "typed clients for TypeScript and Python, published separately",
    dashboard: "the web app; it does everything through the API's operations",
    cli: "the commands; those in `remote/` only use the public API",
    integrations: "plugins for other tools",
    docs: "guides, decisions, benchmarks",
    tests: "tests of the whole system: journeys, attacks, faults; and the environments that tests run in",
    bench: "benchmarks, fault injection and the simulation",
    ops: "ways to run it (container image, Compose, systemd, proxies, Helm), and files to watch it",
  },
  server: {
    http: "the REST API, the pages and the served documentation",
    mcp: "the MCP server",
    calls: "what both share: authentication, rate limits, idempotency, errors",
    domain: "the use cases: what each operation does, the same over REST, MCP and pages",
    publishing: "the publishing engine",
    jobs: "background jobs other than publishing",
    oauth: "connecting accounts, and storing and renewing their tokens",
    auth: "users: sign-in, sessions, two-factor authentication",
    mail: "emails and sending them",
    billing: "payments through Stripe",
    media: "files: receiving, measuring, converting, serving",
    db: "the database: `queries/` with a file per table, migrations, and the embedded PostgreSQL",
    storage: "file storage: a folder or S3",
    vault: "encryption of tokens and secrets",
    turns: "fair queuing",
    start: "processes: configuration, wiring, monitoring",
  },
};

const rules = z.object({
  default: z.object({ forbidden: z.array(z.object({ name: z.string(), comment: z.string() })) }),
});

/** The architecture on one page, generated from the folders, the import rules and the state tables. */
export async function architecture(): Promise<string> {
  const { forbidden } = rules.parse(await import(join(ROOT, ".dependency-cruiser.js"))).default;
  return [
    "# Architecture",
    "",
    "Generated from the folders, `.dependency-cruiser.js` and `model/status.ts`. " +
      "See the [decisions](decisions/README.md) for the reasons and the [glossary](glossary.md) for the terms.",
    "",
    "## Folders",
    "",
    ...table(["Folder", "Contents"], rooms("")),
    "",
    "In `server/`, from top to bottom; `start/` wires it together:",
    "",
    ...table(["Folder", "Contents"], rooms("server")),
    "",
    "## Import rules",
    "",
    "A file imports only from the rows below its own. Every change is checked against these rules.",
    "",
    ...table(
      ["Rule", "Why"],
      forbidden.map(({ name, comment }) => [name.replaceAll("-", " "), comment]),
    ),
    "",
    "## Life of a post",
    "",
    "1. `contract/operations/posts.ts` parses the body; `server/calls/bind.ts` finds the operation, " +
      "authenticates the caller and detects repeated requests.",
    "2. `server/domain/posts/create-post.ts` validates the post against the rules of each platform " +
      "(`platforms/validate/validate.ts`) and stores it in one statement.",
    "3. When it is due, `server/publishing/claim.ts` leases each platform post to one process, " +
      "with an increasing fence number.",
    "4. `run.ts` runs the steps listed by `platforms/<name>/broker.ts`. " +
      "Hidden steps (containers, uploads) can be repeated and run ahead of the due time.",
    "5. A visible step is a commit: `commit.ts` records the intent, sends one request within its deadline, " +
      "and records the result. A broker cannot send it itself.",
    "6. If the response is lost, `reconcile.ts` checks the outcome on the platform. " +
      "Nothing is sent again without proof that the first request had no effect.",
    "7. `settle.ts` writes the status and the events in one transaction, " +
      "from which webhooks and event streams are sent.",
    "",
    "Intents, results and other writes that are asked for at the same time go into one statement, " +
      "each under its own fence (`server/db/batches.ts`).",
    "",
    "## States",
    "",
    "Of a post. Its status follows from its platform posts, except `draft`, `scheduled` and `discarded`, " +
      "which the caller sets.",
    "",
    ...fenced("mermaid", states(POST_MOVES)),
    "",
    ...table(
      ["Status", "Meaning"],
      Object.entries(POST_STATUS_MEANINGS).map(([status, meaning]) => [code(status), meaning]),
    ),
    "",
    "Of a platform post. Without a caller's action, it only moves forward.",
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
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$)/.test(entry.name))
    .map(({ name }) => name);
  const described = Object.entries(ROOMS[folder] ?? {});
  const missing = [
    ...there.filter((name) => !described.some(([room]) => room === name)),
    ...described.map(([room]) => room).filter((room) => !there.includes(room)),
  ];
  if (missing.length > 0)
    throw new Error(
      `printing/architecture.ts does not match the folders of ${folder || "the root"}: ${missing.join(", ")}`,
    );
  return described.map(([room, what]) => [code(join(folder, room, "/")), what]);
}

function states(moves: readonly (readonly [from: string, to: string, by: string])[]): string {
  return ["stateDiagram-v2", ...moves.map(([from, to, by]) => `  ${from} --> ${to}: ${by.replaceAll(":", ",")}`)].join(
    "\n",
  );
}
