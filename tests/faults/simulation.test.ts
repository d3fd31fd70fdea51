import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";

import { z } from "zod";

import { applyAll, copyCode, SABOTAGES } from "../../bench/faults/sabotage.ts";
import { MUTANTS } from "../../bench/simulation/mutants.ts";
import { BURST_EVERY } from "../../bench/simulation/plan.ts";
import { simulate, type Simulated } from "../../bench/simulation/simulate.ts";

test("whatever happens to workers, clocks, network and database: nothing twice, nothing lost, nothing untrue, nothing too early", async () => {
  const simulated = await simulate({ from: 1, to: 100 });
  assert.equal(simulated.results.length, 100);
  assert.deepEqual(failuresOf(simulated), []);
});

test("whatever happens to one of many posts that are written together: the others are published at their time", async () => {
  const simulated = await simulate({ from: 120, to: 320, every: BURST_EVERY });
  assert.ok(simulated.results.every(({ posts }) => posts > 8));
  assert.deepEqual(failuresOf(simulated), []);
});

test("a seed that is replayed runs in the same way, event by event", async () => {
  const run = async () =>
    (await simulate({ from: 11, to: 12, processes: 2 })).results.sort((left, right) => left.seed - right.seed);
  const first = await run();
  assert.equal(new Set(first.map(({ digest }) => digest)).size, 2);
  assert.deepEqual(await run(), first);
});

test("a failing seed is printed, shrunk to what its failure needs, and replayed by the command that is printed", async () => {
  const copy = await copyCode();
  try {
    await applyAll(copy, MUTANTS.find(({ what }) => what === "no quarantine")?.changes ?? []);
    const [, seed = ""] = NO_QUARANTINE.exec(await runIn(copy, ["--seeds", "1-500", "--until-one-fails"])) ?? [];
    const shrunk = await runIn(copy, ["--seed", seed, "--shrink"]);
    assert.match(shrunk, NO_QUARANTINE);
    const [, command = ""] = /^npm run simulate -- (.+)$/m.exec(shrunk) ?? [];
    const replayed = await runIn(copy, command.split(/ +/));
    assert.match(replayed, NO_QUARANTINE);
    assert.ok(sizeOf(replayed) < sizeOf(shrunk), command);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});

test("every guard removed by the simulation and the tests still exists in the code", async () => {
  const root = join(import.meta.dirname, "../..");
  for (const { what, changes } of [...MUTANTS, ...SABOTAGES]) {
    for (const { file, find } of changes) {
      assert.equal(
        (await readFile(join(root, file), "utf8")).split(find).length,
        2,
        `${what}: ${file} is to have once: ${find}`,
      );
    }
  }
});

const NO_QUARANTINE = /^seed (\d+): untrue: .* was read back [\d.]+ s after its commit began/m;

/** What a failing run prints. */
async function runIn(copy: string, args: readonly string[]): Promise<string> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const command = ["--disable-warning=ExperimentalWarning", "bench/simulate.ts", ...args];
  const child = spawn(process.execPath, command, { cwd: copy, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const printed = await text(child.stdout);
  assert.deepEqual(await ended, [1, null], printed);
  return printed;
}

/** How many faults, acts and posts the printed plan has that are not left out. */
function sizeOf(printed: string): number {
  const plan = planned.parse(JSON.parse(printed.slice(0, printed.indexOf("\n}\n") + 2)));
  const posts = plan.posts.filter(({ when }) => when.publishAt !== null);
  return plan.faults.length + plan.acts.length + posts.length;
}

/** A post that is left out has an infinite time, which JSON does not have. */
const planned = z.object({
  faults: z.array(z.unknown()),
  acts: z.array(z.unknown()),
  posts: z.array(z.object({ when: z.object({ publishAt: z.number().nullish() }) })),
});

function failuresOf({ failed }: Simulated): string[] {
  return failed.flatMap(({ seed, violations }) =>
    violations.map(({ kind, sentence }) => `npm run simulate -- --seed ${seed}: ${kind}: ${sentence}`),
  );
}
