import assert from "node:assert/strict";
import { test } from "node:test";

import { richExample } from "./contents.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** A platform's rate limit is reported with the time it ends, and nothing is sent before then. */
export function testRateLimit(subject: Subject, world: () => World): void {
  for (const operation of ["upload", "create", "publish"] as const) {
    test(`${subject.name}: a rate limit at ${operation} has its delay`, async (t) => {
      const { content } = richExample(subject, world().fixtures);
      if (!(await world().operations(content)).has(operation))
        return t.diagnostic(`${subject.name} sends no such request`);
      const account = await world().connect();
      await world().fault({ operation, kind: "rate_limit", times: 1 });
      const startedAt = Date.now();
      const post = await world().publish(account, content, { until: (row) => row.error !== null });
      assert.equal(post.error?.code, "RATE_LIMITED");
      assert.equal(post.error?.category, "rate_limit");
      const againAt = post.nextAttemptAt ?? post.error?.retryAt ?? null;
      if (post.status !== "failed" || post.error?.retryAt !== null) {
        assert.ok(againAt !== null && new Date(againAt).getTime() > startedAt, "no time is reported");
      }
      assert.deepEqual(await world().ledger(account), []);
    });
  }
}
