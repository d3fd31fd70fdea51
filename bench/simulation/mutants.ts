import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Violation } from "../faults/checker.ts";
import { applyAll, type Change, copyCode } from "../faults/sabotage.ts";
import type { ScenarioResult } from "../faults/scenario.ts";
import { realMilliseconds } from "./timeline.ts";

/** A removed guard of the product, or a past bug reintroduced. */
interface Mutant {
  what: string;
  changes: readonly Change[];
}

const WRITES = "server/db/queries/publishing.ts";
const COMMITS = "server/db/queries/commits.ts";
const CLAIMS = "server/db/queries/claims.ts";
const BATCHES = "server/db/batches.ts";
const REMOTE_IDS = "server/db/migrations/0020_what_a_commit_was_sent_with.sql";
const COMMIT = "server/publishing/commit.ts";
const SEND = "server/publishing/send.ts";
const RESULTS = "server/publishing/results.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    what: "leases are never extended",
    changes: [
      {
        file: "server/publishing/engine.ts",
        find: "heartbeatTimer = setInterval(beat, HEARTBEAT_SECONDS * 1000);",
        replace: "",
      },
    ],
  },
  {
    what: "a late response is not recorded",
    changes: [{ file: RESULTS, find: "if (error instanceof LostClaim) await recordLate(work, kept);", replace: "" }],
  },
  {
    what: "a result is not written again while the database is down",
    changes: [
      {
        file: "server/publishing/settle.ts",
        find: "if (secondsSince(since) >= patienceFor(error, patience)) throw error;",
        replace: "throw error;",
      },
    ],
  },
  {
    what: "time by the wall clock only",
    changes: [
      {
        file: "server/publishing/claim.ts",
        find: "Math.max(now.monotonic - start.monotonic, now.wall - start.wall)",
        replace: "(now.wall - start.wall)",
      },
    ],
  },
  {
    what: "time by the monotonic clock only",
    changes: [
      {
        file: "server/publishing/claim.ts",
        find: "Math.max(now.monotonic - start.monotonic, now.wall - start.wall)",
        replace: "(now.monotonic - start.monotonic)",
      },
    ],
  },
  {
    what: "no deadline check before sending",
    changes: [{ file: SEND, find: 'throw new Error("The deadline of the commit has passed.");', replace: "void 0;" }],
  },
  {
    what: "neither deadline nor lease check before sending",
    changes: [
      { file: SEND, find: 'throw new Error("The deadline of the commit has passed.");', replace: "void 0;" },
      { file: SEND, find: 'throw new Error("The lease is over.");', replace: "void 0;" },
    ],
  },
  {
    what: "the identical repeated request has no time window",
    changes: [
      {
        file: "server/publishing/identical-repeat.ts",
        find: "watch(evidence).seconds) < identicalRepeat.withinSeconds;",
        replace: "watch(evidence).seconds) < Infinity;",
      },
    ],
  },
  {
    what: "other posts of the account are not considered, and platform IDs can be used twice",
    changes: [
      {
        file: "server/publishing/reconcile.ts",
        find: "accountedIds: new Set(found.accounted_ids),\n    hasTwin: found.has_twin,",
        replace: "accountedIds: new Set(),\n    hasTwin: false,",
      },
      {
        file: REMOTE_IDS,
        find: "create unique index publish_steps_one_remote",
        replace: "create index publish_steps_one_remote",
      },
    ],
  },
  {
    what: "the fence, the lease and its owner",
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
  },
  {
    what: "a lost claim counts as written",
    changes: [
      {
        file: "server/publishing/settle.ts",
        find: "  if (written === undefined) throw new LostClaim();\n  Object.assign(row",
        replace: "  if (written === undefined) return row;\n  Object.assign(row",
      },
      {
        file: COMMIT,
        find: "if (intended === undefined) throw new LostClaim();",
        replace: "if (intended === undefined) return true;",
      },
    ],
  },
  {
    what: "what could not be written together with others is not written alone",
    changes: [{ file: "server/db/queries/writes.ts", find: " ?? (await alone(pool, row))", replace: "" }],
  },
  {
    what: "the results of writes that were made together are mixed up",
    changes: [{ file: BATCHES, find: "byKey.get(keyOf(item))", replace: "rows[rows.length - 1 - found.size]" }],
  },
  {
    what: "a statement for many that is rejected fails for each of them",
    changes: [
      {
        file: BATCHES,
        find: "if (isRejected) resolve(undefined);\n        else reject(error);",
        replace: "reject(error);",
      },
    ],
  },
  {
    what: "a statement for many that has stalled holds up those after it",
    changes: [{ file: BATCHES, find: "STALLED_MILLISECONDS = 250;", replace: "STALLED_MILLISECONDS = 250_000;" }],
  },
  {
    what: "intents that are made together wait for locks",
    changes: [{ file: COMMITS, find: 'intended("skip locked")', replace: 'intended("")' }],
  },
  {
    what: "claims wait for locked posts",
    changes: [
      {
        file: CLAIMS,
        find: "or pp.id = (select id from suspect))\n     for no key update of pp skip locked",
        replace: "or pp.id = (select id from suspect))\n     for no key update of pp",
      },
    ],
  },
  {
    what: "claims wait for locked accounts",
    changes: [
      {
        file: CLAIMS,
        find: "and (a.busy_until is null or a.busy_until <= now())\n     for no key update skip locked",
        replace: "and (a.busy_until is null or a.busy_until <= now())\n     for no key update",
      },
    ],
  },
  {
    what: "a result that the database rejects is not stored without its evidence",
    changes: [{ file: RESULTS, find: "if (!isRefusedForGood(error)) throw error;", replace: "throw error;" }],
  },
  {
    what: "every process renews a token that is due",
    changes: [
      {
        file: "server/db/queries/token-care.ts",
        find: " and (c.renewing_until is null or c.renewing_until <= now())",
        replace: "",
      },
    ],
  },
  {
    what: "no intent is written",
    changes: [
      { file: COMMITS, find: "and a.mode = g.mode\n     on", replace: "and a.mode = g.mode where false\n     on" },
    ],
  },
  {
    what: "no quarantine",
    changes: [
      { file: "server/publishing/timing.ts", find: "QUARANTINE_SECONDS = 15;", replace: "QUARANTINE_SECONDS = 0;" },
    ],
  },
  {
    what: "no unique index on platform IDs",
    changes: [
      {
        file: REMOTE_IDS,
        find: "create unique index publish_steps_one_remote",
        replace: "create index publish_steps_one_remote",
      },
    ],
  },
  {
    what: "commits have no time limit",
    changes: [
      {
        file: COMMITS,
        find: " and pp.due_at <= now()",
        replace: "",
      },
      {
        file: "server/publishing/work.ts",
        find: "return row.due_in_seconds - secondsSince(loadedAt) <= 0;",
        replace: "return row.due_in_seconds - secondsSince(loadedAt) <= 3600;",
      },
    ],
  },
  {
    what: "two negative reads may follow at once",
    changes: [
      {
        file: "server/publishing/timing.ts",
        find: "NEGATIVE_READS_APART_SECONDS = 15;",
        replace: "NEGATIVE_READS_APART_SECONDS = 0;",
      },
    ],
  },
  {
    what: "a repeated request need not be identical",
    changes: [
      {
        file: "server/publishing/identical-repeat.ts",
        find: "requestHash(request) === intent.requestHash",
        replace: "requestHash(request) !== null",
      },
    ],
  },
  {
    what: "posts of X that are known to be others are taken for look-alikes",
    changes: [{ file: "platforms/twitter/reconcile.ts", find: "!intent.accountedIds.has(post.id) && ", replace: "" }],
  },
  {
    what: "only the same bytes look alike",
    changes: [
      {
        file: "server/db/queries/surroundings.ts",
        find: "`coalesce(${step}.evidence ->> 'look', ${step}.request_hash)`",
        replace: "`${step}.request_hash`",
      },
    ],
  },
  {
    what: "an event is marked as relayed outside of the transaction that queues its deliveries",
    changes: [
      {
        file: "server/domain/webhooks/relay.ts",
        find: "await queueDelivery(services, tx, {",
        replace: "await queueDelivery(services, services.pool, {",
      },
    ],
  },
  {
    what: "a pause of an account stops nothing",
    changes: [
      {
        file: "server/db/queries/pauses.ts",
        find: "${pause}.account_id is null or ${pause}.account_id = ${account}",
        replace: "${pause}.account_id is null",
      },
    ],
  },
  {
    what: "a pause of the instance stops nothing",
    changes: [
      {
        file: "server/db/queries/pauses.ts",
        find: "return `(${isInstancePaused}\n",
        replace: "return `(false\n",
      },
    ],
  },
  {
    what: "what is not to be published after a pause is",
    changes: [
      { file: "server/publishing/late.ts", find: "if (isWaiting && isSkipped(work)) return true;", replace: "" },
    ],
  },
  {
    what: "what is too late is published",
    changes: [
      {
        file: "server/publishing/late.ts",
        find: "if (secondsLeft(work) >= 0) return false;",
        replace: "return false;",
      },
    ],
  },
  {
    what: "a dropped connection counts as proof that nothing was sent",
    changes: [
      {
        file: SEND,
        find: "if (error instanceof TransportError && !error.sent) return",
        replace: "if (error instanceof TransportError) return",
      },
    ],
  },
];

/** The maximum number of seeds that a mutant may survive. */
const SEEDS = 500;

export interface Found {
  what: string;
  /** The seed that found it; null if none has. */
  seed: number | null;
  sentence: string;
}

/** Runs the simulation on a copy of the code with each mutant, until a seed finds it. */
export async function findMutants(onFound: (found: Found) => void, only = ""): Promise<ScenarioResult> {
  const began = realMilliseconds();
  const copy = await copyCode();
  const all: Found[] = [];
  try {
    for (const { what, changes } of MUTANTS.filter((mutant) => mutant.what.includes(only))) {
      const mend = await applyAll(copy, changes);
      const found = { what, ...(await simulateIn(copy)) };
      await mend();
      all.push(found);
      onFound(found);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  const found = all.flatMap(({ what, seed }) => (seed === null ? [] : [`${what} (seed ${seed})`]));
  const violations = all
    .filter(({ seed }) => seed === null)
    .map(({ what }): Violation => ({ kind: "untrue", sentence: `No seed up to ${SEEDS} has found that ${what}` }));
  const did =
    "changes made to a copy of the code, one at a time, each with the first seed that detected it: " +
    `${found.join("; ")}`;
  return {
    name: "Mutants under simulation",
    did,
    posts: 0,
    faults: all.length,
    fates: {},
    violations,
    seconds: (realMilliseconds() - began) / 1000,
  };
}

async function simulateIn(copy: string): Promise<Omit<Found, "what">> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    join(copy, "bench/simulate.ts"),
    "--seeds",
    `1-${SEEDS}`,
    "--until-one-fails",
  ];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) output += String(chunk);
  const [code] = await ended;
  const [, seed, sentence = ""] = /^seed (\d+): (.*)$/m.exec(output) ?? [];
  // A run that failed to start proves nothing.
  if (code !== 0 && seed === undefined) throw new Error(`The simulation could not run: ${errors}`);
  return { seed: seed === undefined ? null : Number(seed), sentence };
}
