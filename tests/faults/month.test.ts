import assert from "node:assert/strict";
import { test } from "node:test";

import { simulateMonth } from "../../bench/simulation/month.ts";

/** `npm run simulate -- --days 30` simulates more. */
test("no accepted post fails at its time for a platform limit, with own and shared apps", async () => {
  const { failed, failedUnreserved, accepted, moved, refused, discarded } = await simulateMonth({
    seed: 1,
    tenants: 14,
    days: 3,
    busy: 0.7,
  });
  assert.deepEqual(failed, []);
  // The platforms would have refused many of what was wanted.
  for (const [what, count] of Object.entries({ failedUnreserved, accepted, moved, refused, discarded }))
    assert.ok(count > 0, what);
});
