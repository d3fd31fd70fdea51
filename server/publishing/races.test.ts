import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import {
  foldStatus,
  mayBecome,
  PLATFORM_POST_STATUSES,
  type PlatformPostStatus,
  POST_STATUSES,
  type PostStatus,
} from "../../model/status.ts";
import { isOver, untilLocked, withWorld, type PublishingWorld, type TestPost } from "../../tests/publishing-world.ts";
import { claimDue } from "../db/queries/claims.ts";
import { intend, type NewIntent } from "../db/queries/commits.ts";
import { foldedStatus } from "../db/queries/post-status.ts";
import { record } from "../db/queries/publishing.ts";
import { discard, publishNow, resetForEdit, retry } from "../domain/posts/post-actions.ts";

test("cancelling during publishing either cancels, and nothing is live, or is rejected, and it is published", async () => {
  await withWorld(async (world) => {
    await Promise.all([world.startEngine(), world.startEngine()]);
    const outcomes = { cancelled: 0, refused: 0 };
    const isRaced = () => outcomes.cancelled > 0 && outcomes.refused > 0;
    for (let round = 0; round < 12 || (round < 60 && !isRaced()); round += 1) {
      const posts = await Promise.all(
        Array.from({ length: 10 }, (_, n) => world.addPost({ text: `race ${round} ${n}` })),
      );
      await Promise.all(
        posts.map(async (post, n) => {
          await world.publish(post);
          // At once or a little later, and later with every round: however fast the machine is, there is a race.
          if (n * round > 0) await new Promise((resolve) => setTimeout(resolve, n * round));
          const cancelled = await tryTo(() => world.act(post, (tx, held) => discard(tx, held)));
          outcomes[cancelled ? "cancelled" : "refused"] += 1;
          const state = await world.until(post, isOver);
          await settled(world);
          const live = world.ledger.posts.filter(({ text }) => text === `race ${round} ${n}`).length;
          assert.equal(state.status, cancelled ? "discarded" : "published");
          assert.equal(live, cancelled ? 0 : 1);
        }),
      );
    }
    assert.ok(isRaced(), JSON.stringify(outcomes));
  });
});

for (const point of ["claim.after", "intent.before"] as const) {
  test(`a post that is cancelled at ${point} of its commit gives its account's slot back`, async () => {
    await withWorld(async (world) => {
      const slot = async () =>
        (await world.pool.query<{ busy_with: string | null }>("select busy_with from accounts")).rows[0]?.busy_with;
      const post = await world.addPost({ text: "cancelled", dueAt: new Date(Date.now() + 600_000) });
      let isPrepared = false;
      let taken: unknown = null;
      await world.startEngine({
        faultPoint: async (place) => {
          if (!isPrepared || taken !== null || place.point !== point) return;
          taken = await slot();
          await world.act(post, (tx, held) => discard(tx, held));
        },
      });
      await world.until(post, ({ platformPosts: [given] }) => given?.step === "publish-0");
      isPrepared = true;
      await world.bringForward(post, 0);
      await world.until(post, ({ status }) => status === "discarded");
      assert.equal(typeof taken, "string");
      // A slot that was not given back keeps the name of its claim.
      for (let rounds = 0; rounds < 100 && (await slot()) !== null; rounds += 1) await pause(50);
      assert.equal(await slot(), null);
      assert.equal(world.ledger.posts.length, 0);
    });
  });
}

test("an edit at the due time is either rejected, and the old text is live, or accepted, and only the new one ever is", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    const outcomes = { taken: 0, refused: 0 };
    const isRaced = () => outcomes.taken > 0 && outcomes.refused > 0;
    // Around the due time, and further around it where the machine is too slow for that.
    for (let span = 1; !isRaced() && span <= 16; span *= 4) {
      const dueAt = new Date(Date.now() + 1500 * span);
      const posts = await Promise.all(
        Array.from({ length: 60 }, (_, n) => world.addPost({ text: `old ${span}.${n}`, dueAt })),
      );
      await Promise.all(
        posts.map(async (post, n) => {
          await new Promise((resolve) => setTimeout(resolve, dueAt.getTime() - Date.now() + (n * 15 - 100) * span));
          const taken = await tryTo(() =>
            world.act(post, async (tx, held) => {
              await resetForEdit(tx, held, dueAt);
              await tx.query(
                "update posts set content = jsonb_set(content, '{text}', to_jsonb($2::text)) where id = $1",
                [post.id, `new ${span}.${n}`],
              );
            }),
          );
          outcomes[taken ? "taken" : "refused"] += 1;
          assert.equal((await world.until(post, isOver)).status, "published");
          assert.deepEqual(
            world.ledger.posts.filter(({ text }) => text.endsWith(` ${span}.${n}`)).map(({ text }) => text),
            [`${taken ? "new" : "old"} ${span}.${n}`],
          );
        }),
      );
    }
    assert.ok(isRaced(), JSON.stringify(outcomes));
  });
});

test("a post waiting for its next attempt can be cancelled, and one with an open commit cannot", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push(
      { call: "create", kind: "rate_limit", seconds: 600, text: "waits" },
      { call: "publish", kind: "drop_after", text: "open" },
    );
    world.ledger.readBack = "away";
    await world.startEngine({ speed: 1 });
    const open = await world.addPost({ text: "open" });
    const waits = await world.addPost({ text: "waits" });
    for (const post of [open, waits]) {
      await world.publish(post);
      await world.until(post, ({ platformPosts }) => platformPosts[0]?.error !== null);
    }
    await world.act(waits, (tx, held) => discard(tx, held));
    assert.equal((await world.read(waits)).status, "discarded");
    assert.equal(await tryTo(() => world.act(open, (tx, held) => discard(tx, held))), false);
    assert.deepEqual(
      world.ledger.posts.map(({ text }) => text),
      ["open"],
    );
  });
});

test("a failed post is retried from the start, and an unknown one only if listed with force", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push({ call: "publish", kind: "drop_before" });
    await world.startEngine();
    const post = await world.addPost({ text: "forced" });
    await world.publish(post);
    await world.until(post, isOver);
    const codeOf = (options: Parameters<typeof retry>[2]) =>
      world
        .act(post, (tx, held) => retry(tx, held, options))
        .then(
          () => null,
          (error: unknown) => (error instanceof PublicError ? error.code : error),
        );
    assert.equal(await codeOf({}), "OUTCOME_UNKNOWN");
    assert.equal(await codeOf({ platforms: ["threads"] }), "OUTCOME_UNKNOWN");
    assert.equal(await codeOf({ platforms: ["linkedin"], force: true }), "VALIDATION_FAILED");
    assert.equal(await codeOf({ platforms: ["threads"], force: true }), null);
    const state = await world.until(post, ({ status }) => status === "published");
    assert.equal(state.platformPosts[0]?.error, null);
    assert.equal(world.ledger.posts.length, 1);
    assert.equal(await codeOf({}), "INVALID_STATUS_TRANSITION");
  });
});

test("only what the statuses allow is allowed", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "acts" });
    assert.equal(await tryTo(() => world.act(post, (tx, held) => retry(tx, held))), false);
    await world.publish(post);
    assert.equal(await tryTo(() => world.act(post, (tx, held) => publishNow(tx, held))), false);
    assert.equal(await tryTo(() => world.act(post, (tx, held) => resetForEdit(tx, held, null))), false);
    await world.act(post, (tx, held) => discard(tx, held));
    assert.equal(await tryTo(() => world.act(post, (tx, held) => discard(tx, held))), false);
    assert.deepEqual((await world.read(post)).events, ["post.discarded"]);
  });
});

test("a stale fence writes nothing, neither a state nor an intent", async () => {
  await withWorld(async (world) => {
    const post = await claimedPost(world);
    const claim = { id: post.platformPostId, fence: 7, leaseOwner: post.id, accountId: null };
    const changes = { status: "failed" } as const;
    assert.equal(await record(world.pool, { claim: { ...claim, fence: 6 }, changes }), undefined);
    assert.equal(
      await record(world.pool, { claim: { ...claim, leaseOwner: crypto.randomUUID() }, changes }),
      undefined,
    );
    const intendAs = (fence: number) =>
      intend(world.pool, { claim: { ...claim, fence }, intent: newIntent(), settles: true });
    assert.equal(await intendAs(6), undefined);
    await world.pool.query("update platform_posts set lease_until = now() - interval '1 ms' where id = $1", [claim.id]);
    assert.equal(await intendAs(7), undefined);
    await world.pool.query(
      `update platform_posts set lease_until = now() + interval '1 hour', due_at = now() + interval '1 hour'
       where id = $1`,
      [claim.id],
    );
    assert.equal(await intendAs(7), undefined);
    // The column rounds to milliseconds, so this very moment could still lie ahead.
    await world.pool.query("update platform_posts set due_at = now() - interval '1 ms' where id = $1", [claim.id]);
    // What was claimed before publishing was held is not sent either.
    await world.pool.query("insert into instance (name, value) values ('held', '{}')");
    assert.deepEqual(await intendAs(7), { isBusy: true });
    assert.equal((await world.pool.query("select from publish_steps")).rowCount, 0);
    await world.pool.query("delete from instance where name = 'held'");
    assert.notEqual(await intendAs(7), undefined);
    assert.equal((await world.read(post)).platformPosts[0]?.status, "posting");
  });
});

test("an open commit cannot be checked before its deadline and the quarantine have passed", async () => {
  await withWorld(async (world) => {
    const answering = Promise.withResolvers<void>();
    world.ledger.faults.push({ call: "publish", kind: "slow", until: answering.promise });
    await world.startEngine({ speed: 1 });
    const post = await world.addPost({ text: "in flight" });
    await world.publish(post);
    await world.until(post, () => world.ledger.publishCalls.has("in flight"));
    const { rows } = await world.pool.query(
      `select lane, next_action_at >= s.deadline_at + interval '15 s' as after_quarantine,
         s.deadline_at <= s.intent_at + interval '5 s' as has_deadline
       from platform_posts pp join publish_steps s on s.platform_post_id = pp.id and s.effect = 'visible'
         and s.result is null where pp.id = $1`,
      [post.platformPostId],
    );
    assert.deepEqual(rows, [{ lane: "observe", after_quarantine: true, has_deadline: true }]);
    await world.pool.query("update platform_posts set lease_until = now() - interval '1 s' where id = $1", [
      post.platformPostId,
    ]);
    const claimed = await claimDue.observe.all(world.pool, [
      10,
      10,
      6,
      "00000000-0000-0000-0000-000000000000",
      [],
      [],
      [],
      [],
      [],
      0,
      0,
      1,
      1,
      [],
      [],
      true,
      [],
    ]);
    assert.deepEqual(
      claimed.map(({ id }) => id),
      [null],
    );
    answering.resolve();
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.publishCalls.get("in flight"), 1);
  });
});

test("the database allows one open intent per platform post, and one commit per remote ID", async () => {
  await withWorld(async (world) => {
    const post = await claimedPost(world);
    const claim = { id: post.platformPostId, fence: 7, leaseOwner: post.id, accountId: null };
    const intent = () => intend(world.pool, { claim, intent: newIntent(), settles: true });
    await intent();
    await assert.rejects(intent(), /publish_steps_one_open/);
    await world.pool.query("update publish_steps set result = 'ok', remote_id = 'r1'");
    await intent();
    await assert.rejects(
      world.pool.query("update publish_steps set result = 'ok', remote_id = 'r1' where result is null"),
      /publish_steps_one_remote/,
    );
  });
});

test("statuses never move backwards automatically", async () => {
  await withWorld(async (world) => {
    await world.pool.query("create table seen (id uuid, before text, after text)");
    await world.pool.query(
      `create function see() returns trigger language plpgsql as $$ begin insert into seen
       values (new.id, old.status, new.status); return null; end $$`,
    );
    await world.pool.query(
      "create trigger see after update of status on platform_posts for each row when (old.status <> new.status) " +
        "execute function see()",
    );
    world.ledger.faults.push(
      ...(["drop_before", "drop_after", "http_500", "refuse", "cut_body"] as const).map((kind) => ({
        call: "publish" as const,
        kind,
      })),
    );
    await Promise.all([world.startEngine(), world.startEngine()]);
    const posts = await Promise.all(Array.from({ length: 20 }, (_, n) => world.addPost({ text: `forward ${n}` })));
    await Promise.all(posts.map((post) => world.publish(post)));
    for (const post of posts) await world.until(post, isOver);
    const { rows } = await world.pool.query<{ before: PlatformPostStatus; after: PlatformPostStatus }>(
      "select before, after from seen",
    );
    assert.ok(rows.length >= 60);
    for (const { before, after } of rows) assert.ok(mayBecome(before, after), `${before} to ${after}`);
  });
});

test("writes of several claims in one statement: each under its own fence, and none waits for what another locks", async () => {
  await withWorld(async (world) => {
    const [kept, stale, locked] = [await claimedPost(world), await claimedPost(world), await claimedPost(world)];
    const writeOf = ({ id, platformPostId }: TestPost, fence = 7) =>
      record(world.pool, {
        claim: { id: platformPostId, fence, leaseOwner: id, accountId: null },
        changes: { status: "posting", step: `of ${id}`, next: { at: "never" } },
        along: { settles: true },
      });
    const other = await world.pool.connect();
    let ofLocked;
    try {
      await other.query("begin");
      await other.query("select from platform_posts where id = $1 for update", [locked.platformPostId]);
      await other.query("select from accounts for update");
      const ofOthers = [writeOf(stale, 6), writeOf(kept)];
      ofLocked = writeOf(locked);
      const written = await Promise.all(ofOthers);
      assert.deepEqual(
        written.map((row) => row && [row.step, row.post_status]),
        [undefined, [`of ${kept.id}`, "posting"]],
      );
      assert.deepEqual(await stepsOf(world, [kept, stale, locked]), [`of ${kept.id}`, null, null]);
    } finally {
      await other.query("rollback");
      other.release();
    }
    assert.equal((await ofLocked)?.step, `of ${locked.id}`);
    assert.deepEqual((await world.read(kept)).events, ["post.publishing"]);
    assert.deepEqual((await world.read(stale)).events, []);
  });
});

test("if one of several writes is impossible, the others are made all the same, each with what belongs to it", async () => {
  await withWorld(async (world) => {
    const [first, poisoned, last] = [await claimedPost(world), await claimedPost(world), await claimedPost(world)];
    const write = ({ id, platformPostId }: TestPost, attempt = 1) => {
      const claim = { id: platformPostId, fence: 7, leaseOwner: id, accountId: null };
      const journal = {
        id: crypto.randomUUID(),
        step: `of ${id}`,
        effect: "hidden",
        attempt,
        result: "ok",
        evidence: { of: id },
      } as const;
      return record(world.pool, { claim, changes: { step: `of ${id}` }, along: { journal } });
    };
    const outcomes = await Promise.allSettled([write(last), write(poisoned, Number.NaN)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected"],
    );
    assert.deepEqual(await stepsOf(world, [last, poisoned]), [`of ${last.id}`, null]);
    // Once the bad one is gone, the rest is one statement.
    const more = await Promise.all([last, first].map((post) => write(post)));
    assert.deepEqual(
      more.map((row) => row?.step),
      [`of ${last.id}`, `of ${first.id}`],
    );
    const { rows } = await world.pool.query<{ right: boolean }>(
      `select s.step = 'of ' || pp.post_id and s.evidence ->> 'of' = pp.post_id::text and s.fence = pp.fence as right
       from publish_steps s join platform_posts pp on pp.id = s.platform_post_id`,
    );
    assert.deepEqual(
      rows.map(({ right }) => right),
      [true, true, true],
    );
  });
});

test("a write whose response was lost is repeated, and stands once", async () => {
  await withWorld(async (world) => {
    const { id, platformPostId } = await claimedPost(world);
    const claim = { id: platformPostId, fence: 7, leaseOwner: id, accountId: null };
    const journal = { id: newId(), step: "a", effect: "hidden", attempt: 1, result: "ok", evidence: {} } as const;
    const write = { claim, changes: { step: "b" }, along: { journal } };
    assert.equal((await record(world.pool, write))?.step, "b");
    assert.equal((await record(world.pool, write))?.step, "b");
    const { rows } = await world.pool.query("select step from publish_steps");
    assert.deepEqual(rows, [{ step: "a" }]);
  });
});

test("intents in one statement: an account's slot goes to one of them, and a claim that was lost gets nothing", async () => {
  await withWorld(async (world) => {
    const userId = await world.addUser();
    const whose = { userId, accountId: await world.addAccount(userId) };
    const [one, two] = [await claimedPost(world, whose), await claimedPost(world, whose)];
    const [alone, lost] = [await claimedPost(world), await claimedPost(world)];
    const intentOf = ({ id, platformPostId }: TestPost, fence = 7) => ({
      claim: { id: platformPostId, fence, leaseOwner: id, accountId: null },
      intent: { ...newIntent(), step: `of ${id}` },
      settles: true,
    });
    const intents = [intentOf(lost, 6), intentOf(one), intentOf(alone), intentOf(two)];
    const [ofLost, ...written] = await Promise.all(intents.map((each) => intend(world.pool, each)));
    assert.equal(ofLost, undefined);
    const steps = written.map((each) => (each?.isBusy === false ? each.row.step : undefined));
    assert.equal(steps[1], `of ${alone.id}`);
    const [winner, loser] = steps[0] === undefined ? [two, one] : [one, two];
    assert.deepEqual([steps[0], steps[2]].filter(Boolean), [`of ${winner.id}`]);
    assert.deepEqual(await stepsOf(world, [winner, loser, lost]), [`of ${winner.id}`, null, null]);
    const { rows } = await world.pool.query("select step from publish_steps where result is null order by step");
    assert.deepEqual(
      rows.map(({ step }) => step),
      [`of ${winner.id}`, `of ${alone.id}`].sort(),
    );
    const slots = await world.pool.query("select busy_with from accounts where busy_with is not null order by 1");
    assert.deepEqual(
      slots.rows.map(({ busy_with: owner }) => owner),
      [winner.id, alone.id].sort(),
    );
    assert.deepEqual(written[loser === one ? 0 : 2], { isBusy: true });
  });
});

test("platform posts of one post that are written at the same time leave it in the right status, with every event once", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "held", also: ["linkedin", "facebook"] });
    await world.publish(post);
    await world.pool.query("update platform_posts set fence = 7, lease_owner = id");
    const { platformPosts } = await world.read(post);
    const writeOf = ({ id }: { id: string }, status: "posting" | "published", isLate = false) =>
      record(world.pool, {
        claim: { id, fence: 7, leaseOwner: id, accountId: null },
        changes: { status, publishedNow: status === "published" },
        along: { settles: true, ...(isLate && { event: "platform_post.published" }) },
      });
    const [first, second, third] = platformPosts;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    await Promise.all(platformPosts.map((each) => writeOf(each, "posting")));
    await writeOf(first, "published");
    // A statement that waits for the post's lock began before the one that holds it has written.
    const other = await world.pool.connect();
    await other.query("begin");
    await other.query("select from posts where id = $1 for update", [post.id]);
    const waiting = writeOf(second, "published", true);
    await untilLocked(world, 1);
    await other.query("update platform_posts set status = 'published' where id = $1", [third.id]);
    await other.query("commit");
    other.release();
    assert.equal((await waiting)?.post_status, "published");
    assert.deepEqual((await world.read(post)).events, ["post.publishing", "platform_post.published", "post.published"]);
  });
});

test("a post's status follows from its platform posts in the database as in the model", async () => {
  const parts = [[], ...combinations(PLATFORM_POST_STATUSES)];
  const cases = POST_STATUSES.flatMap((post) => parts.map((of) => ({ post, parts: of })));
  await withWorld(async ({ pool }) => {
    const { rows } = await pool.query<{ post: PostStatus; parts: PlatformPostStatus[]; folded: PostStatus }>(
      `select post, parts, ${foldedStatus("post", "parts")} as folded
       from jsonb_to_recordset($1::jsonb) as c(post text, parts text[])`,
      [JSON.stringify(cases)],
    );
    assert.equal(rows.length, POST_STATUSES.length * 2 ** PLATFORM_POST_STATUSES.length);
    for (const { post, parts: of, folded } of rows) assert.equal(folded, foldStatus(post, of), `${post}: ${of.join()}`);
  });
});

/** Every set of them that is not empty. */
function combinations<T>([first, ...rest]: readonly T[]): T[][] {
  if (first === undefined) return [];
  const others = combinations(rest);
  return [[first], ...others, ...others.map((other) => [first, ...other])];
}

async function stepsOf(world: PublishingWorld, posts: readonly TestPost[]): Promise<(string | null)[]> {
  const states = await Promise.all(posts.map((post) => world.read(post)));
  return states.map(({ platformPosts: [part] }) => part?.step ?? null);
}

/** A due platform post that a claim with fence 7 holds; its owner is the post's id. */
async function claimedPost(
  world: PublishingWorld,
  whose: { userId?: string; accountId?: string } = {},
): Promise<TestPost> {
  const post = await world.addPost({ text: "held", ...whose });
  await world.publish(post);
  await world.pool.query(
    "update platform_posts set fence = 7, lease_owner = post_id, lease_until = now() + interval '1 hour' where id = $1",
    [post.platformPostId],
  );
  return post;
}

/** Whether it was done; false where it was refused for the post's status. */
async function tryTo(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof PublicError && error.code === "INVALID_STATUS_TRANSITION") return false;
    throw error;
  }
}

/** Waits until nothing is under way, so that whatever could still be sent has been. */
async function settled(world: PublishingWorld): Promise<void> {
  for (;;) {
    const { rows } = await world.pool.query("select 1 from platform_posts where lease_until > now() limit 1");
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function newIntent(): NewIntent {
  return {
    id: crypto.randomUUID(),
    step: "publish",
    requestHash: "hash",
    evidence: {},
    deadlineSeconds: 5,
    quarantineSeconds: 15,
    leaseSeconds: 10,
    attempt: 1,
    failures: 0,
    warnings: [],
  };
}
