import type { Violation } from "../faults/checker.ts";
import { check } from "./checker.ts";
import { makeInstallation } from "./installation.ts";
import type { Plan } from "./plan.ts";
import { run } from "./run.ts";

export interface Burst {
  users: number;
  postsOfUser: number;
  commitSlots: number;
  /** When the post of another user is due, after the burst. */
  singleAfterSeconds: number;
}

export interface BurstResult {
  violations: Violation[];
  fates: Record<string, number>;
  /** From the due time of the burst until everything is settled, by name, and for each post. */
  statements: Map<string, number>;
  statementsPerPost: number;
  /** From its due time until its request was sent; the last of the burst, and the post of the other user. */
  lastLateMs: number;
  singleLateMs: number;
  /** How many of the burst were sent after it. */
  sentAfterSingle: number;
}

/** Everything is prepared by then, as in production, where it is prepared half an hour ahead. */
const DUE_SECONDS = 120;

/** Prepared text posts of many users that are all due at the same instant, and one of another user a moment later. */
export async function simulateBurst({
  users,
  postsOfUser,
  commitSlots,
  singleAfterSeconds,
}: Burst): Promise<BurstResult> {
  const installation = await makeInstallation({ tenants: users + 1, accountsOn: ["threads"] });
  try {
    const shape = installation.shapes.find(
      ({ platform, content, parts }) => platform === "threads" && content.media.length === 0 && parts === 1,
    );
    if (shape === undefined) throw new Error("Threads has no text posts");
    const single = { tenant: users, shape, words: 0, when: { dueAt: DUE_SECONDS + singleAfterSeconds } };
    const plan: Plan = {
      seed: 1,
      workers: 1,
      connections: 8,
      slots: { commit: commitSlots },
      floorSeconds: 2,
      posts: [
        single,
        ...Array.from({ length: users * postsOfUser }, (_, n) => ({
          tenant: n % users,
          shape,
          words: n + 1,
          when: { dueAt: DUE_SECONDS },
        })),
      ],
      acts: [],
      faults: [],
      platformAheadSeconds: 0,
      workersAheadSeconds: [0],
      tokens: [],
      theme: "mixed",
    };
    const ran = await run(installation, plan);
    const { violations, fates } = await check(installation, ran);
    const { rows } = await installation.stage.pool.query<{ id: string; settled_ms: number }>(
      `select id, extract(epoch from updated_at)::float8 * 1000 as settled_ms from platform_posts where post_id = $1`,
      [ran.subjects[0]?.postId],
    );
    const lateMs = (platformPostId: string | undefined): number[] =>
      ran.commits.filter((each) => each.platformPostId === platformPostId).map(({ atMs }) => atMs);
    const [singleAt = Infinity] = lateMs(rows[0]?.id);
    const lastAt = Math.max(...ran.commits.map(({ atMs }) => atMs));
    const counted = ran.statements.filter(({ atMs }) => atMs >= DUE_SECONDS * 1000 && atMs < lastAt + 1000);
    const statements = new Map<string, number>();
    for (const { name } of counted) statements.set(name, (statements.get(name) ?? 0) + 1);
    return {
      violations,
      fates,
      statements,
      statementsPerPost: counted.length / plan.posts.length,
      lastLateMs: lastAt - DUE_SECONDS * 1000,
      singleLateMs: singleAt - single.when.dueAt * 1000,
      sentAfterSingle: ran.commits.filter(({ atMs }) => atMs > singleAt).length,
    };
  } finally {
    await installation.close();
  }
}
