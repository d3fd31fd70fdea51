import { newId } from "../../model/ids.ts";
import { untilSettled, type Violation } from "./checker.ts";
import { draftOf } from "./contents.ts";
import { pick, type Scenario, scenario } from "./scenario.ts";
import type { Subject, World } from "./world.ts";

/**
 * A process dies during a commit, and it is unknown whether it was sent. Its successor may only read, and not before
 * the deadline and the quarantine have passed: until then, the request may still be in transit.
 */
export function quarantine(): Scenario {
  return scenario("Quarantine of an open commit", { people: 1, speed: 1.5 }, async (world) => {
    const subject = await makePost(world, "quarantined");
    world.faultPlan.plan([
      { point: "answer.received", platformPostId: subject.platformPostId, step: null, act: "kill" },
    ]);
    const doomed = await world.startWorker();
    await world.api.publish(subject);
    await doomed.gone;
    await world.startWorker();
    await untilSettled(world, [subject], 120);
    return {
      did: "SIGKILL during a commit; measures when the sandbox was first asked again",
      faults: 1,
      expectations: [{ subject }],
      violations: await tooEarly(world, subject),
    };
  });
}

/** For the commit protocol: deadline plus quarantine at this world's speed. */
const SAFE_AFTER_SECONDS = 5 + 15 / 1.5;

async function tooEarly(world: World, subject: Subject): Promise<Violation[]> {
  const { rows } = await world.pool.query<{ intent_at: Date }>(
    "select intent_at from publish_steps where platform_post_id = $1 and effect = 'visible' order by intent_at limit 1",
    [subject.platformPostId],
  );
  const intentAt = rows[0]?.intent_at.getTime() ?? 0;
  const requests = await world.sandbox.requests();
  const next = requests.find(({ at, operation }) => Date.parse(at) > intentAt && operation !== "publish");
  const seconds = next === undefined ? Infinity : (Date.parse(next.at) - intentAt) / 1000;
  return seconds >= SAFE_AFTER_SECONDS
    ? []
    : [{ kind: "untrue", sentence: `the platform was asked ${seconds} s after the intent, within the quarantine` }];
}

/**
 * The database itself rejects what the engine never does: a second open commit, and one post on the platform for two.
 */
export function uniqueCommits(): Scenario {
  return scenario("Unique indexes", { people: 1 }, async (world) => {
    const worker = await world.startWorker();
    const posts = [await makePost(world, "first"), await makePost(world, "second")];
    for (const post of posts) await world.api.publish(post);
    await untilSettled(world, posts, 60);
    await worker.kill();
    const [first, second] = posts.map(({ platformPostId }) => platformPostId);
    const violations = [
      await refused(world, "a second open commit of a platform post", [
        [first, null, null],
        [first, null, null],
      ]),
      await refused(world, "the platform's post of another commit of the account", [
        [second, "ok", await remoteIdOf(world, pick(posts, 0))],
      ]),
    ].flat();
    return {
      did: "inserting a second open commit, and a second commit with the same platform ID, into the database",
      faults: 2,
      expectations: posts.map((subject) => ({ subject })),
      violations,
    };
  });
}

/** Writes commits in a transaction that is never committed. */
async function refused(
  { pool }: World,
  what: string,
  commits: readonly (readonly [string | undefined, string | null, string | null])[],
): Promise<Violation[]> {
  const insert = `insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform,
      platform_account_id, step, effect, attempt, fence, result, remote_id)
    select $1, pp.id, a.id, pp.user_id, pp.mode, pp.platform, a.platform_account_id, 'publish', 'visible', 1,
      pp.fence, $3, $4
    from platform_posts pp join accounts a on a.id = pp.account_id where pp.id = $2`;
  const client = await pool.connect();
  try {
    await client.query("begin");
    for (const [platformPostId, result, remoteId] of commits)
      await client.query(insert, [newId(), platformPostId, result, remoteId]);
    return [{ kind: "untrue", sentence: `the database took ${what}` }];
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    return code === "23505" ? [] : [{ kind: "untrue", sentence: `the database refused ${what} with ${String(code)}` }];
  } finally {
    await client.query("rollback");
    client.release();
  }
}

async function remoteIdOf({ pool }: World, { platformPostId }: Subject): Promise<string | null> {
  const { rows } = await pool.query<{ remote_id: string | null }>(
    "select remote_id from publish_steps where platform_post_id = $1 and effect = 'visible'",
    [platformPostId],
  );
  return rows[0]?.remote_id ?? null;
}

async function makePost(world: World, text: string): Promise<Subject> {
  const person = pick(world.people, 0);
  return world.api.create(person, await draftOf("text", text, person, world.api));
}
