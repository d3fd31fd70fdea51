import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Violation } from "./checker.ts";
import type { ScenarioResult } from "./scenario.ts";

/** Replaces one text in a file with another. */
export interface Change {
  file: string;
  find: string;
  replace: string;
}

/** One removed guard of the product. */
export interface Sabotage {
  what: string;
  changes: readonly Change[];
  /** The tests that must fail. */
  tests: string;
}

const WRITES = "server/db/queries/publishing.ts";
const COMMITS = "server/db/queries/commits.ts";
const SCHEMA = "server/db/migrations/0001_core.sql";

export const SABOTAGES: readonly Sabotage[] = [
  {
    what: "the fence",
    changes: [
      {
        file: WRITES,
        find: "where pp.fence = g.fence and pp.lease_owner = g.owner and ${isPostHeld}",
        replace: "where pp.lease_owner = g.owner and ${isPostHeld}",
      },
      {
        file: COMMITS,
        find: "where pp.fence = g.fence and pp.lease_owner = g.owner and pp.lease_until > now()",
        replace: "where pp.lease_owner = g.owner and pp.lease_until > now()",
      },
    ],
    tests: "server/publishing/races.test.ts",
  },
  {
    what: "the fence together with the lease and its owner, which guard the same",
    changes: [
      {
        file: WRITES,
        find: "where pp.fence = g.fence and pp.lease_owner = g.owner and ${isPostHeld}",
        replace: "where ${isPostHeld}",
      },
      {
        file: COMMITS,
        find: "where pp.fence = g.fence and pp.lease_owner = g.owner and pp.lease_until > now() and",
        replace: "where",
      },
    ],
    tests: "tests/faults/stops.test.ts",
  },
  {
    what: "the intent",
    changes: [
      { file: COMMITS, find: "and a.mode = g.mode\n     on", replace: "and a.mode = g.mode where false\n     on" },
    ],
    // Without it, nothing is sent at all.
    tests: "server/publishing/races.test.ts",
  },
  {
    what: "the quarantine",
    changes: [
      { file: "server/publishing/timing.ts", find: "QUARANTINE_SECONDS = 15;", replace: "QUARANTINE_SECONDS = 0;" },
    ],
    tests: "tests/faults/guards.test.ts",
  },
  {
    what: "the unique index on open commits",
    changes: [
      {
        file: SCHEMA,
        find: "create unique index publish_steps_one_open",
        replace: "create index publish_steps_one_open",
      },
    ],
    tests: "tests/faults/guards.test.ts",
  },
  {
    what: "the unique index on platform IDs",
    changes: [
      {
        file: "server/db/migrations/0020_what_a_commit_was_sent_with.sql",
        find: "create unique index publish_steps_one_remote",
        replace: "create index publish_steps_one_remote",
      },
    ],
    tests: "tests/faults/guards.test.ts",
  },
  {
    what: "the deadline check before sending",
    changes: [
      {
        file: "server/publishing/send.ts",
        find: 'throw new Error("The deadline of the commit has passed.");',
        replace: "void 0;",
      },
      { file: "server/publishing/send.ts", find: 'throw new Error("The lease is over.");', replace: "void 0;" },
    ],
    tests: "tests/faults/stops.test.ts",
  },
  {
    what: "the path of a request line that names another host",
    changes: [{ file: "server/http/app.ts", find: 'rewriteUrl: ({ url }) => originForm(url ?? "/"),', replace: "" }],
    tests: "server/http/request-target.test.ts",
  },
  {
    what: "what a person who approves is shown: the stored bytes",
    changes: [
      {
        file: "server/domain/posts/to-approval.ts",
        find: "for (const { path, entry } of mediaSlots(post.content)) entry.url = stored.get(path) ?? null;",
        replace: "",
      },
    ],
    tests: "server/domain/posts/approve-post.test.ts",
  },
  {
    what: "whose posts the sandbox's page shows",
    changes: [
      {
        file: "server/http/pages/sandbox-door.ts",
        find: 'if (settings.sandboxPage === "open") return null;',
        replace: "return null;",
      },
    ],
    tests: "server/http/pages/sandbox-door.test.ts",
  },
  {
    what: "ways back to the app alone",
    changes: [
      {
        file: "server/http/routes/auth-routes.ts",
        find: "  refuseWaysElsewhere([...url.searchParams, ...Object.entries(fields)]);\n",
        replace: "",
      },
    ],
    tests: "server/http/sign-in.test.ts",
  },
  {
    what: "the example keys that everybody knows",
    changes: [
      { file: "server/start/config.ts", find: "!isSame(value, example)) return [];", replace: "true) return [];" },
    ],
    tests: "server/start/config.test.ts",
  },
  {
    what: "a one-time code's one time",
    changes: [
      {
        file: "server/db/queries/sign-in-methods.ts",
        find: " and coalesce(last_used_step, 0) < $2",
        replace: "",
      },
    ],
    tests: "server/http/people.test.ts",
  },
  {
    what: "the tries of a browser that is known",
    changes: [
      {
        file: "server/auth/audit-hooks.ts",
        find: "if (browser !== null)\n              return await throttle",
        replace: 'if (browser === "")\n              return await throttle',
      },
    ],
    tests: "server/http/sign-in.test.ts",
  },
  {
    what: "the token of the metrics",
    changes: [
      {
        file: "server/http/routes/probes.ts",
        find: "if (!isOperator(request)) throw access.token === null ? nothingHere : noToken;",
        replace: "",
      },
    ],
    tests: "server/http/routes/probes.test.ts",
  },
  {
    what: "bounds of what a platform says of an account",
    changes: [
      {
        file: "platforms/bound-oauth.ts",
        find: "if (/^[\\x21-\\x7e]{1,10000}$/.test(token)) return token;",
        replace: 'if (token !== "") return token;',
      },
    ],
    tests: "tests/attacks/hostile-sign-in.test.ts",
  },
  {
    what: "one line for a name",
    changes: [
      {
        file: "model/one-line.ts",
        find: 'return text.replace(/[\\p{Cc}\\p{Zl}\\p{Zp}]+/gu, " ").trim();',
        replace: "return text;",
      },
    ],
    tests: "tests/attacks/mail-headers.test.ts",
  },
  {
    what: "an id that was found and is another post's",
    changes: [
      {
        file: "server/publishing/results.ts",
        find: "if (isFound(intent.evidence)) throw error;",
        replace: "",
      },
    ],
    tests: "server/publishing/uncertain-commit.test.ts",
  },
  {
    what: "Facebook's list, which proves no absence",
    changes: [
      {
        file: "platforms/facebook/reconcile.ts",
        find: 'return { verdict: "not_listed", reason: "The post is not among the Page\'s published posts." };',
        replace: 'return { verdict: "not_published", definitive: false, proof: "It is not listed." };',
      },
    ],
    tests: "platforms/facebook/publishing.test.ts",
  },
  {
    what: "an answer in hand, written again whatever the database says",
    changes: [
      {
        file: "server/publishing/settle.ts",
        find: "return isFromDatabase(error) && !isRefusedForGood(error) ? otherSeconds : 0;",
        replace: "return isFromDatabase(error) && isRefusedForGood(error) && otherSeconds < 0 ? otherSeconds : 0;",
      },
    ],
    tests: "server/publishing/in-hand.test.ts",
  },
  {
    what: "a limit of the app",
    changes: [
      {
        file: "server/publishing/fail.ts",
        find: 'const limit = limitOf === "app" ? limitApp : limitAccount;',
        replace: 'const limit = limitOf === "app" ? limitAccount : limitAccount;',
      },
    ],
    tests: "server/publishing/outages.test.ts",
  },
  {
    what: "few probes at a time",
    changes: [{ file: "server/publishing/outages.ts", find: "mayProbe(outage, group) && isOver(", replace: "isOver(" }],
    tests: "server/publishing/outages.test.ts",
  },
  {
    what: "the end of an outage",
    changes: [
      {
        file: "server/publishing/outages.ts",
        find: "open.group.outage = null;",
        replace: "",
      },
    ],
    tests: "server/publishing/outages.test.ts",
  },
  {
    what: "a twin, on its way to the broker",
    changes: [{ file: "server/publishing/reconcile.ts", find: "hasTwin: found.has_twin,", replace: "hasTwin: false," }],
    tests: "server/publishing/uncertain-commit.test.ts",
  },
  {
    what: "a result that is written without its details",
    changes: [
      {
        file: "server/publishing/results.ts",
        find: "if (!isRefusedForGood(error)) throw error;",
        replace: "throw error;",
      },
    ],
    tests: "server/publishing/in-hand.test.ts",
  },
  {
    what: "the lease before the bytes of a hidden step",
    changes: [
      {
        file: "server/publishing/context.ts",
        find: "if (isLeaseOver(work.claim))",
        replace: "if (isLeaseOver(work.claim) && work.steps.length === 0)",
      },
    ],
    tests: "server/publishing/in-hand.test.ts",
  },
  {
    what: "fifteen seconds between two negative reads",
    changes: [
      {
        file: "server/publishing/timing.ts",
        find: "NEGATIVE_READS_APART_SECONDS = 15;",
        replace: "NEGATIVE_READS_APART_SECONDS = 0;",
      },
    ],
    tests: "server/publishing/in-hand.test.ts",
  },
  {
    what: "a repeat that is the same bytes",
    changes: [
      {
        file: "server/publishing/identical-repeat.ts",
        find: "requestHash(request) === intent.requestHash",
        replace: "requestHash(request) !== null",
      },
    ],
    tests: "server/publishing/uncertain-commit.test.ts",
  },
  {
    what: "posts of X that are known to be others",
    changes: [{ file: "platforms/twitter/reconcile.ts", find: "!intent.accountedIds.has(post.id) && ", replace: "" }],
    tests: "platforms/twitter/broker.test.ts",
  },
  {
    what: "an event's deliveries, in the transaction that takes it",
    changes: [
      {
        file: "server/domain/webhooks/relay.ts",
        find: "await queueDelivery(services, tx, {",
        replace: "await queueDelivery(services, services.pool, {",
      },
    ],
    tests: "server/domain/webhooks/webhooks.test.ts",
  },
  {
    what: "commits that a stop waits for",
    changes: [
      {
        file: "server/start/worker.ts",
        find: "engine.stop(Math.max(1, config.stopSeconds - AFTER_PUBLISHING_SECONDS)),",
        replace: "engine.stop(0),",
      },
    ],
    tests: "cli/worker-process.test.ts",
  },
  {
    what: "heads that trickle",
    changes: [{ file: "server/http/app.ts", find: "http: headPatience(patience),", replace: "" }],
    tests: "server/http/arrival.test.ts",
  },
  {
    what: "the bound of a refusal's issues",
    changes: [
      {
        file: "contract/forms/parse.ts",
        find: "const reported = boundIssues(issues);",
        replace: "const reported = issues;",
      },
    ],
    tests: "contract/forms/parse.test.ts",
  },
  {
    what: "a read's fifteen seconds",
    changes: [
      {
        file: "platforms/kit/http.ts",
        find: "const READ_TIMEOUT_SECONDS = 15;",
        replace: "const READ_TIMEOUT_SECONDS = 30;",
      },
    ],
    tests: "platforms/kit/http.test.ts",
  },
  {
    what: "the slot of a post that is cancelled as it is claimed",
    changes: [
      {
        file: "server/publishing/engine.ts",
        find: "await freeAccount(options, claim);\n        continue;",
        replace: "continue;",
      },
    ],
    tests: "server/publishing/races.test.ts",
  },
  {
    what: "the slot of a claim that is lost",
    changes: [
      {
        file: "server/publishing/run.ts",
        find: "    freeAccount(deps, claim),\n",
        replace: "",
      },
    ],
    tests: "server/publishing/races.test.ts",
  },
  {
    what: "the pause of what a commit is for",
    changes: [
      {
        file: "server/db/queries/commits.ts",
        find: "where not g.is_paused and",
        replace: "where",
      },
    ],
    tests: "server/domain/publishing/pauses.test.ts",
  },
  {
    what: "the mark before the bytes of a commit",
    changes: [
      {
        file: "server/publishing/send.ts",
        find: "deps.publisher?.note(claim.id, written);",
        replace: "",
      },
    ],
    tests: "server/publishing/in-hand.test.ts",
  },
  {
    what: "the withdrawal of an intent that cannot be confirmed",
    changes: [
      {
        file: "server/publishing/commit.ts",
        find: "if (!(error instanceof LostClaim)) await withdraw(work, at, id, evidence);",
        replace: "",
      },
    ],
    tests: "server/publishing/in-hand.test.ts",
  },
  {
    what: "posts known to be others, on their way to the broker",
    changes: [
      {
        file: "server/publishing/reconcile.ts",
        find: "accountedIds: new Set(found.accounted_ids)",
        replace: "accountedIds: new Set()",
      },
    ],
    tests: "server/publishing/uncertain-commit.test.ts",
  },
  {
    what: "doubt about an accepted post that is set aside",
    changes: [
      {
        file: "server/publishing/set-aside.ts",
        find: 'if (claim.lane === "observe" && row.last_live_step !== null) return true;',
        replace: "void claim;",
      },
    ],
    tests: "server/publishing/set-aside.test.ts",
  },
  {
    what: "the end of a commit that is set aside",
    changes: [
      {
        file: "server/publishing/set-aside.ts",
        find: "const open = row.intent?.result === null ? row.intent : null;",
        replace: "const open = null as typeof row.intent;",
      },
    ],
    tests: "server/publishing/set-aside.test.ts",
  },
  {
    what: "the error of an unknown post that is set aside",
    changes: [
      {
        file: "server/publishing/set-aside.ts",
        find: "if (isSettled(row.status)) return await settle(work, changes, { intent });",
        replace: "",
      },
    ],
    tests: "server/publishing/set-aside.test.ts",
  },
  {
    what: "the minute of a fetch that publishing waits for",
    changes: [
      {
        file: "server/media/ingest.ts",
        find: "const LAST_TRY_SECONDS = 60;",
        replace: "const LAST_TRY_SECONDS = 600;",
      },
    ],
    tests: "server/media/ingest.test.ts",
  },
];

const ROOT = join(import.meta.dirname, "../..");
const COPIED = [
  "model",
  "platforms",
  "contract",
  "server",
  "sandbox",
  "cli",
  "bench",
  "tests",
  "docs",
  "printing",
  "client",
  "integrations",
  "dashboard",
  ".env.example",
  "CHANGELOG.md",
  "SECURITY.md",
  "package.json",
  "tsconfig.json",
];

/**
 * Removes the guards, one at a time and in a copy of the code, and runs the tests that should notice. It uses a copy so
 * that the product needs no switch for this; a change that no longer applies is an error, not a pass.
 */
export async function sabotageRuns(): Promise<ScenarioResult> {
  const began = performance.now();
  const copy = await copyCode();
  const violations: Violation[] = [];
  const noticed: string[] = [];
  try {
    for (const file of new Set(SABOTAGES.map(({ tests }) => tests))) {
      const { isGreen } = await runTests(copy, file);
      if (!isGreen) violations.push({ kind: "untrue", sentence: `${file} is red with every guard in its place` });
    }
    for (const { what, changes, tests } of SABOTAGES) {
      const mend = await applyAll(copy, changes);
      const { isGreen, broke } = await runTests(copy, tests);
      await mend();
      if (isGreen) violations.push({ kind: "untrue", sentence: `${tests} did not notice that ${what} was taken out` });
      else if (broke === null)
        violations.push({
          kind: "untrue",
          sentence: `${tests} could not run without ${what}: no guarantee was seen to break`,
        });
      else noticed.push(`${what} (${broke})`);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  const did = `guards removed one at a time, each with the guarantee whose test failed: ${noticed.join("; ")}`;
  return {
    name: "Sabotage",
    did,
    posts: 0,
    faults: SABOTAGES.length,
    fates: {},
    violations,
    seconds: (performance.now() - began) / 1000,
  };
}

/** A copy of the code in a separate folder, which the caller removes. */
export async function copyCode(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "ampost-sabotage-"));
  for (const name of COPIED) await cp(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Returns a function that undoes it. */
export async function applyAll(copy: string, changes: readonly Change[]): Promise<() => Promise<void>> {
  const originals = new Map<string, string>();
  for (const { file, find, replace } of changes) {
    const path = join(copy, file);
    const text = await readFile(path, "utf8");
    if (text.split(find).length !== 2)
      throw new Error(`The sabotage of ${file} does not apply any more: it looks for ${JSON.stringify(find)} once`);
    if (!originals.has(path)) originals.set(path, text);
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
  }
  return async () => {
    for (const [path, text] of originals) await writeFile(path, text);
  };
}

/** `broke` is the name of the first test whose assertion failed: a test that could not run at all proves nothing. */
async function runTests(copy: string, file: string): Promise<{ isGreen: boolean; broke: string | null }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ["--disable-warning=ExperimentalWarning", "--test", "--test-reporter=tap", join(copy, file)];
  const child = spawn(process.execPath, args, { cwd: copy, env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) output += String(chunk);
  const [code] = await ended;
  const failures = [...output.matchAll(/^ *not ok \d+ - (.*)\n((?: +.*\n)*)/gm)];
  const broke = failures.find(([, , details = ""]) => details.includes("ERR_ASSERTION"))?.[1] ?? null;
  return { isGreen: code === 0, broke };
}
