import assert from "node:assert/strict";
import { test } from "node:test";

import type { PostContent } from "../../model/post.ts";
import { richExample, videoExample } from "./contents.ts";
import type { TestAccount } from "./posts.ts";
import type { Refusal, Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** Every refusal and every fault of the platform is reported as what it is. */
export function testErrors(subject: Subject, world: () => World): void {
  for (const refusal of subject.refusals) {
    test(`${subject.name}: ${refusal.error} at ${refusal.operation} ${refusal.isLive === true ? "does not lose the post" : `is reported as ${refusal.code}`}`, async () => {
      const account = await world().connect();
      const { error, operation, times = 1 } = refusal;
      const { content } =
        refusal.with === "video" ? videoExample(subject, world().fixtures) : richExample(subject, world().fixtures);
      await world().fault({ operation, kind: "reject", error, times });
      if (refusal.isLive === true) await assertLive(world(), account, content, refusal);
      else await assertRefused(world(), account, content, refusal);
    });
  }

  const refused = subject.refusals.find(({ code, times, isLive }) => code === "AUTH_REVOKED" && !times && !isLive);
  if (refused !== undefined)
    test(`${subject.name}: one refusal leaves the account connected, and a post that goes out restores one marked as lost`, async () => {
      const account = await world().connect();
      const { error, operation } = refused;
      const { content } = richExample(subject, world().fixtures);
      await world().fault({ operation, kind: "reject", error });
      const post = await world().publish(account, content);
      assert.deepEqual([post.status, post.error?.code], ["failed", "AUTH_REVOKED"], JSON.stringify(post.error));
      assert.match(post.error?.action ?? "", /^The account itself still works\./);
      assert.equal((await world().readAccount(account)).token_health, "healthy");
      await world().markAsLost(account);
      assert.equal((await world().publish(account, content)).status, "published");
      assert.equal((await world().readAccount(account)).token_health, "healthy");
    });

  for (const operation of ["upload", "create", "status", "read"] as const) {
    for (const kind of ["http_500", "drop_before", "drop_after", "error_after", "timeout", "slow"] as const) {
      test(`${subject.name}: ${kind} at ${operation} delays the post but does not lose it`, async (t) => {
        const { content } = richExample(subject, world().fixtures);
        if (!(await world().operations(content)).has(operation))
          return t.diagnostic(`${subject.name} sends no such request`);
        const account = await world().connect();
        await world().fault({ operation, kind, ...(kind === "slow" ? { delayMs: 300 } : {}) });
        const post = await world().publish(account, content);
        assert.equal(post.status, "published", JSON.stringify(post.error));
        assert.equal((await world().ledger(account)).length, 1);
      });
    }
  }

  test(`${subject.name}: a plain rejection of the publishing request is final and publishes nothing`, async () => {
    const account = await world().connect();
    await world().fault({ operation: "publish", kind: "reject" });
    const post = await world().publish(account, richExample(subject, world().fixtures).content);
    assert.deepEqual([post.status, post.error?.retryable], ["failed", false], JSON.stringify(post.error));
    // The plainest refusal may leave open whether the content or Ampost is at fault.
    assert.match(post.error?.category ?? "", /^(content|platform)$/);
    assert.deepEqual(await world().ledger(account), []);
  });

  test(`${subject.name}: a platform that stays down fails the post with the reason`, async () => {
    const account = await world().connect();
    await world().fault({ operation: "create", kind: "http_500", times: 100 });
    await world().fault({ operation: "upload", kind: "http_500", times: 100 });
    const post = await world().publish(account, richExample(subject, world().fixtures).content);
    assert.deepEqual([post.status, post.error?.code], ["failed", "BROKER_ERROR"], JSON.stringify(post.error));
    assert.deepEqual(await world().ledger(account), []);
  });
}

async function assertLive(world: World, account: TestAccount, content: PostContent, refusal: Refusal): Promise<void> {
  const post = await world.publish(account, content);
  const entries = await world.ledger(account);
  assert.deepEqual([post.status, entries.length, post.error], ["published", 1, null]);
  assert.deepEqual(
    [post.platformPostId, post.publishedUrl],
    [entries[0]?.id, refusal.hasNoLink === true ? null : entries[0]?.url],
  );
}

/**
 * After a temporary refusal the post may be waiting, and a post that only a list could confirm is `unknown`. Every
 * other post has failed for good.
 */
async function assertRefused(
  world: World,
  account: TestAccount,
  content: PostContent,
  refusal: Refusal,
): Promise<void> {
  const waits = refusal.code === "RATE_LIMITED" || refusal.code === "BROKER_ERROR";
  const post = await world.publish(account, content, waits ? { until: (row) => row.error?.code === refusal.code } : {});
  assert.deepEqual([post.error?.code, await world.ledger(account)], [refusal.code, []], JSON.stringify(post));
  assert.ok(
    post.status === (refusal.code === "OUTCOME_UNKNOWN" ? "unknown" : "failed") ||
      (waits && post.nextAttemptAt !== null),
    post.status,
  );
  assert.ok(
    (post.error?.message ?? "").length > 10 && (post.error?.action ?? "").length > 10,
    JSON.stringify(post.error),
  );
}
