import { firstIdAt } from "../../model/ids.ts";
import { findUnblocked, insertBlocks, lockBlocks } from "../db/queries/post-blocks.ts";
import { transaction } from "../db/sql.ts";
import { type TryDeps, tryWork } from "../db/try-work.ts";

/** A search reads this many posts in no time. */
const LEAST_POSTS = 500;

/** A post is created with a lower ID than one that was created before, if that took longer or another clock is ahead. */
const SETTLED_SECONDS = 300;

/** Some thousand characters of JSON, as of 20 to 30 short posts. */
const BLOCK_CHARACTERS = 4096;

/** Of one user in one transaction, which an edit of theirs waits for. */
const BATCH = 500;

/** Makes blocks of posts that are in none, so that searches need not read them. One user's failure stops nobody else's. */
export async function blockPosts(deps: TryDeps, signal: AbortSignal, settledSeconds = SETTLED_SECONDS): Promise<void> {
  const { pool } = deps;
  const before = firstIdAt(new Date(Date.now() - settledSeconds * 1000));
  for (const { user_id: userId, mode } of await findUnblocked.all(pool, [LEAST_POSTS])) {
    const insertAll = async () => {
      for (let made = 1; !signal.aborted && made > 0;)
        made = await transaction(pool, async (tx) => {
          await lockBlocks.run(tx, [userId]);
          return insertBlocks.run(tx, [userId, mode, before, BATCH, BLOCK_CHARACTERS]);
        });
    };
    if (!signal.aborted) await tryWork(deps, { work: "search", subject: `${userId} ${mode}`, run: insertAll });
  }
}
