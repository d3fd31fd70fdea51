import type pg from "pg";

import type { PlatformPostError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PostContent } from "../../model/post.ts";
import type { HeldPost } from "../../server/db/queries/post-actions.ts";
import { transaction } from "../../server/db/sql.ts";
import { publishNow, retry } from "../../server/domain/posts/post-actions.ts";
import type { LivePart } from "../platform.ts";

/** A connected account, alone in its set. */
export interface TestAccount {
  userId: string;
  setId: string;
  accountId: string;
  platformAccountId: string;
}

/** The current state of a platform post. */
export interface PostRow {
  id: string;
  status: string;
  platformPostId: string | null;
  publishedUrl: string | null;
  parts: LivePart[];
  attemptCount: number;
  nextAttemptAt: Date | null;
  error: PlatformPostError | null;
  warnings: { code: string }[];
}

/** Inserts a post as creating it does and publishes it. Returns the platform post's ID. */
export async function insertPost(
  pool: pg.Pool,
  name: PlatformName,
  account: TestAccount,
  content: PostContent,
  mediaIds: ReadonlyMap<string, string>,
): Promise<string> {
  const postId = newId();
  const id = newId();
  await transaction(pool, async (tx) => {
    await tx.query(
      `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
       values ($1, $2, 'test', $3, 'draft', $4, $5)`,
      [postId, account.userId, account.setId, content, [name]],
    );
    await tx.query(
      `insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id)
       values ($1, $2, $3, 'test', $4, 0, $5)`,
      [id, postId, account.userId, name, account.accountId],
    );
    for (const { path, filename } of mediaPlaces(content, name)) {
      await tx.query("insert into post_media (post_id, path, media_id, user_id) values ($1, $2, $3, $4)", [
        postId,
        path,
        mediaIds.get(filename),
        account.userId,
      ]);
    }
    const { rows } = await tx.query<HeldPost>(
      "select id, user_id, mode, status, scheduled_for from posts where id = $1 for update",
      [postId],
    );
    await publishNow(tx, rows[0] ?? missing());
  });
  return id;
}

export async function retryByForce(pool: pg.Pool, name: PlatformName, id: string): Promise<void> {
  await transaction(pool, async (tx) => {
    const { rows } = await tx.query<HeldPost>(
      `select id, user_id, mode, status, scheduled_for from posts
       where id = (select post_id from platform_posts where id = $1) for update`,
      [id],
    );
    await retry(tx, rows[0] ?? missing(), { platforms: [name], force: true });
  });
}

export async function readPost(pool: pg.Pool, id: string): Promise<PostRow> {
  const { rows } = await pool.query<PostRow>(
    `select id, status, platform_post_id as "platformPostId", published_url as "publishedUrl", parts,
       attempt_count as "attemptCount", next_action_at as "nextAttemptAt", error, warnings from platform_posts where id = $1`,
    [id],
  );
  return rows[0] ?? missing();
}

/** A live post may still be waiting for its link. */
export function isSettled(row: PostRow): boolean {
  return (
    ["failed", "unknown", "discarded"].includes(row.status) ||
    (row.status === "published" && row.nextAttemptAt === null)
  );
}

/** Moves everything stored into the past and ends all leases. Posts without a next action stay that way. */
export async function passTime(pool: pg.Pool, seconds: number): Promise<void> {
  await pool.query(
    `update platform_posts set lease_until = least(lease_until, now()), next_action_at = least(next_action_at, now())
     where next_action_at is not null`,
  );
  await pool.query("update accounts set busy_until = least(busy_until, now())");
  await pool.query(
    `update publish_steps set intent_at = intent_at - make_interval(secs => $1),
       deadline_at = deadline_at - make_interval(secs => $1)`,
    [seconds],
  );
  // The monotonic clocks that have watched a commit move, too.
  await pool.query(
    `update publish_steps set evidence = jsonb_set(evidence, '{watched}', (
       select jsonb_object_agg(key, value || jsonb_build_object('at', (value ->> 'at')::float8 - $1))
       from jsonb_each(evidence -> 'watched')))
     where evidence ? 'watched'`,
    [seconds],
  );
}

/** Waits until nothing is being worked on, and nothing will be. */
export async function stopAll(pool: pg.Pool): Promise<void> {
  // What is being worked on may write when it is to be continued.
  const stop =
    "update platform_posts set next_action_at = null where next_action_at is not null or lease_until > now()";
  while ((await pool.query(stop)).rowCount !== 0) await new Promise((passed) => setTimeout(passed, 10));
}

/** Every filename in the content, with its JSON Pointer in the request. */
function mediaPlaces(content: PostContent, name: string): { path: string; filename: string }[] {
  const places: { path: string; filename: string }[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    if ("filename" in value && typeof value.filename === "string") places.push({ path, filename: value.filename });
    for (const [member, child] of Object.entries(value)) walk(child, `${path}/${member}`);
  };
  walk(content.media, "/content/media");
  walk(content.platformOverrides, "/content/platformOverrides");
  return places.filter(({ path }) => path.startsWith("/content/media") || path.includes(`/${name}/`));
}

function missing(): never {
  throw new Error("the row is not there");
}
