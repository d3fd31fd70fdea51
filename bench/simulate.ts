import { parseArgs } from "node:util";

import { table, tableOf, writeLines, writeSection } from "./faults/report.ts";
import { conditionsNow } from "./report.ts";
import { makeInstallation } from "./simulation/installation.ts";
import { simulateMonth } from "./simulation/month.ts";
import { findMutants } from "./simulation/mutants.ts";
import { planOf, type PlanParts, reduce } from "./simulation/plan.ts";
import { type SeedResult, runSeed } from "./simulation/run-seed.ts";
import { shrink } from "./simulation/shrink.ts";
import { simulate, toPart } from "./simulation/simulate.ts";

/**
 * Publishing as a deterministic simulation. `--seeds 1-10000` runs these seeds and writes the results into
 * docs/faults.md, `--every 20` only the bursts among them; `--seed N` runs one and prints its plan and result, with
 * `--trace` all of its events, with `--shrink` the part of the plan needed for the failure. `--days 30` simulates days
 * of 200 tenants (`--tenants`) who want to publish more than their platforms allow, and writes the results with
 * `--write`. Exits with 1 if a guarantee was violated.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    every: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
    faults: { type: "string" },
    acts: { type: "string" },
    posts: { type: "string" },
    "until-one-fails": { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    mutants: { type: "boolean", default: false },
    mutant: { type: "string", default: "" },
    days: { type: "string" },
    tenants: { type: "string", default: "200" },
  },
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
if (values.mutants) await mutants();
else if (values.days !== undefined) await month(Number(values.days), Number(values.tenants));
else if (values.seed !== undefined) await one(Number(values.seed));
else await many(values.seeds ?? "1-1000");
process.exit();

async function many(range: string): Promise<void> {
  const [from = 1, to = from] = range.split("-").map(Number);
  const conditions = await conditionsNow();
  const simulated = await simulate({
    from,
    to,
    every: Number(values.every),
    untilOneFails: values["until-one-fails"],
    onResult: tellFailure,
  });
  const part = toPart(simulated);
  console.log([part.did, "", ...table(part)].join("\n"));
  if (values.write) await writeSection("simulation", part, conditions);
  if (simulated.failed.length > 0) process.exitCode = 1;
}

async function month(days: number, tenants: number): Promise<void> {
  const conditions = await conditionsNow();
  const { failed, ...counts } = await simulateMonth({ seed: 1, tenants, days, busy: 0.1 });
  console.log(counts);
  const did =
    `${days} days of ${tenants} tenants, with apps of their own and shared ones, who want to publish more than their ` +
    "platforms allow; each post counts at any moment at which it may be sent";
  const lines = tableOf([
    ["accepted", String(counts.accepted)],
    ["moved", String(counts.moved)],
    ["rejected", String(counts.refused)],
    ["failed", String(failed.length)],
    ["failed without reservations", String(counts.failedUnreserved)],
  ]);
  if (values.write) await writeLines("month", { name: "Platform limits", did }, [...lines, "", conditions]);
  for (const { platform, account, app, at } of failed)
    console.log(`${platform} would have refused a post of ${account} through ${app} at ${new Date(at).toISOString()}`);
  if (failed.length > 0) process.exitCode = 1;
}

async function mutants(): Promise<void> {
  const conditions = await conditionsNow();
  const part = await findMutants(
    ({ what, seed, sentence }) => console.log(`${what}: ${seed === null ? "not found" : `seed ${seed}: ${sentence}`}`),
    values.mutant,
  );
  console.log(table(part).join("\n"));
  if (values.write) await writeSection("mutants", part, conditions);
  if (part.violations.length > 0) process.exitCode = 1;
}

async function one(seed: number): Promise<void> {
  const installation = await makeInstallation();
  const kept: PlanParts = { ...places("faults"), ...places("acts"), ...places("posts") };
  const plan = reduce(planOf(seed, installation), kept);
  console.log(
    JSON.stringify(
      { ...plan, posts: plan.posts.map((post) => ({ ...post, shape: `${post.shape.platform} ${post.shape.name}` })) },
      null,
      1,
    ),
  );
  const result = await runSeed(installation, seed, kept, ({ timeline, said, acted }) => {
    if (values.trace) console.log([...timeline.recent(), ...said].join("\n"));
    for (const { post, act, outcome, ackedMs } of acted)
      console.log(`${(ackedMs / 1000).toFixed(3)} ${act} of post ${post}: ${outcome}`);
  });
  console.log(JSON.stringify(result.fates), `digest ${result.digest}`);
  tellFailure(result);
  const [failure] = result.violations;
  if (failure !== undefined) process.exitCode = 1;
  if (failure !== undefined && values.shrink) {
    const least = await shrink(installation, seed, failure, console.log);
    console.log(
      `npm run simulate -- --seed ${seed} --faults=${least.faults.join(",")} --acts=${least.acts.join(",")} ` +
        `--posts=${least.posts.join(",")}`,
    );
  }
  await installation.close();
}

function tellFailure({ seed, violations }: SeedResult): void {
  for (const { kind, sentence } of violations) console.log(`seed ${seed}: ${kind}: ${sentence}`);
}

/** `--faults 1,4` keeps only those, `--faults ""` none. */
function places(name: "faults" | "acts" | "posts"): PlanParts {
  const given = values[name];
  return given === undefined ? {} : { [name]: given.split(",").filter(Boolean).map(Number) };
}
