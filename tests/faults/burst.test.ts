import assert from "node:assert/strict";
import { test } from "node:test";

import { simulateBurst } from "../../bench/simulation/burst.ts";

test("a burst is published once each with few statements, and a single post of another user does not wait for it", async () => {
  const { violations, fates, statements, statementsPerPost, singleLateMs, sentAfterSingle } = await simulateBurst({
    users: 60,
    postsOfUser: 3,
    commitSlots: 48,
    singleAfterSeconds: 0.15,
  });
  assert.deepEqual(violations, []);
  assert.deepEqual(fates, { published: 181 });
  const counted = JSON.stringify([...statements]);
  assert.ok(statementsPerPost < 3, `${statementsPerPost} statements a post: ${counted}`);
  assert.ok(sentAfterSingle > 30, `only ${sentAfterSingle} of the burst were sent after the single post`);
  assert.ok(singleLateMs >= 0 && singleLateMs < 200, `the single post was sent ${singleLateMs} ms after its due time`);
});
