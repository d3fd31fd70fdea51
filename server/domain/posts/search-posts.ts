import type { Tenant } from "../../../model/tenant.ts";
import {
  findMatches,
  inJson,
  listSummaries,
  type PostFilter,
  type PostPage,
  type PostSummaryRow,
} from "../../db/queries/list-posts.ts";
import { findBlocks, findNewestBlocks, type PostRange } from "../../db/queries/post-blocks.ts";
import type { Db } from "../../db/sql.ts";

/** So many matches are counted: a search for a word that is in all posts would read all of them. */
export const MOST_COUNTED = 1_000;

const NEWEST_BLOCKS = 16;
const BLOCKS_AT_ONCE = 64;
const FIRST_ID = "00000000-0000-0000-0000-000000000000";
const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The page of posts that contain `search` and match the filter, newest first; and how many do, up to `MOST_COUNTED`. */
export async function searchPosts(
  db: Db,
  owner: Tenant,
  filter: PostFilter & { search: string },
  { after, limit, offset }: PostPage,
): Promise<{ rows: PostSummaryRow[]; total: number }> {
  const wanted = Math.max(MOST_COUNTED, offset + limit);
  const ids = await findNewest(db, owner, filter, LAST_ID, wanted);
  const page = ids.filter((id) => after === null || id < after).slice(offset, offset + limit);
  const isBehind = after !== null && page.length < limit && ids.length === wanted;
  const shown = isBehind ? await findNewest(db, owner, filter, after, limit) : page;
  const rows = shown.length === 0 ? [] : await listSummaries.all(db, [owner.userId, owner.mode, shown]);
  return { rows, total: Math.min(ids.length, MOST_COUNTED) };
}

/** The IDs of the newest matches with a lower ID than `before`, newest first. */
async function findNewest(
  db: Db,
  owner: Tenant,
  filter: PostFilter & { search: string },
  before: string,
  most: number,
): Promise<string[]> {
  const found: string[] = [];
  for await (const ranges of rangesOf(db, owner, filter.search, before)) {
    const { statement, values } = findMatches(owner.userId, owner.mode, filter, {
      ranges,
      before,
      limit: most - found.length,
    });
    found.push(...(await statement.all(db, values)).map(({ id }) => id));
    if (found.length >= most) break;
  }
  return found;
}

/** Where posts may match, newest first: those in no block, and blocks that have all characters of `search` in a row. */
async function* rangesOf(db: Db, { userId, mode }: Tenant, search: string, before: string) {
  const searched = inJson(search);
  const isBefore = ({ after }: PostRange) => after < before;
  const newestTo = (through: string, count: number) =>
    findNewestBlocks.all(db, [userId, mode, searched, through, count]);
  let size = NEWEST_BLOCKS;
  let newest = await newestTo(LAST_ID, size);
  const unblocked = { after: newest[0]?.through ?? FIRST_ID, through: LAST_ID };
  yield [unblocked, ...newest.filter((block) => block.may_match)].filter(isBefore);
  // What may be anywhere is found in the order of the blocks: the index would name them all.
  while (newest.length === size && newest.every((block) => block.may_match)) {
    size *= 2;
    newest = await newestTo(newest.at(-1)?.after ?? FIRST_ID, size);
    yield newest.filter((block) => block.may_match && isBefore(block));
  }
  if (newest.length < size) return;
  const blocks = (await findBlocks.all(db, [userId, mode, searched, newest.at(-1)?.after ?? FIRST_ID])).filter(
    isBefore,
  );
  for (let first = 0; first < blocks.length; first += BLOCKS_AT_ONCE) yield blocks.slice(first, first + BLOCKS_AT_ONCE);
}
