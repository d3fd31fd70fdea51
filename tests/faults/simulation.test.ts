import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { SABOTAGES } from "../../bench/faults/sabotage.ts";
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

function failuresOf({ failed }: Simulated): string[] {
  return failed.flatMap(({ seed, violations }) =>
    violations.map(({ kind, sentence }) => `npm run simulate -- --seed ${seed}: ${kind}: ${sentence}`),
  );
}
