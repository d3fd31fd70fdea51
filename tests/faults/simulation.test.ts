import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../bench/simulation/simulate.ts";

test("whatever befalls workers, clocks, network and database: nothing twice, nothing lost, nothing untrue, nothing too soon", async () => {
  const { lived, failed } = await simulate({ from: 1, to: 100 });
  assert.equal(lived.length, 100);
  assert.deepEqual(failed.flatMap(({ seed, violations }) => violations.map(({ kind, sentence }) => `npm run simulate -- --seed ${seed}: ${kind}: ${sentence}`)), []);
});
