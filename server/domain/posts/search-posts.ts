import type { Tenant } from "../../../model/tenant.ts";
import {
  countTimes,
  findByTime,
  findMatches,
  idsOf,
  inJson,
  isByTime,
  LAST_ID,
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
/** What may be in more blocks is common enough to be found in the order of the times. */
const MOST_BLOCKS = 5_000;
/** About so many posts of a user may be in no block. */
const UNBLOCKED = 500;

type Search = PostFilter & { search: string };

/** The page of posts that contain `search` and match the filter, in its order; and how many do, up to `MOST_COUNTED`. */
export async function searchPosts(
  db: Db,
  owner: Tenant,
  filter: Search,
  { after, limit, offset }: PostPage,
): Promise<{ rows: PostSummaryRow[]; total: number }> {
  const wanted = Math.max(MOST_COUNTED, offset + limit);
  const ids = isByTime(filter)
    ? await findFirst(db, owner, filter, wanted)
    : await findNewest(db, owner, filter, LAST_ID, wanted);
  const page = ids.filter((id) => after === null || id < after).slice(offset, offset + limit);
  const isBehind = after !== null && page.length < limit && ids.length === wanted;
  const shown = isBehind ? await findNewest(db, owner, filter, after, limit) : page;
  const rows = shown.length === 0 ? [] : await listSummaries.all(db, [owner.userId, owner.mode, shown]);
  const places = new Map(shown.map((id, place) => [id, place]));
  const inOrder = rows.toSorted((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  return { rows: inOrder, total: Math.min(ids.length, MOST_COUNTED) };
}

/** The IDs of the newest matches with a lower ID than `before`, newest first. */
async function findNewest(db: Db, owner: Tenant, filter: Search, before: string, most: number): Promise<string[]> {
  const found: string[] = [];
  const { low, high } = idsOf(filter);
  for await (const ranges of rangesOf(db, owner, filter.search, { low, high: before < high ? before : high })) {
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
async function* rangesOf(
  db: Db,
  { userId, mode }: Tenant,
  search: string,
  { low, high }: { low: string; high: string },
): AsyncGenerator<PostRange[]> {
  const searched = inJson(search);
  const newestTo = (to: string, count: number) => findNewestBlocks.all(db, [userId, mode, searched, low, to, count]);
  let size = NEWEST_BLOCKS;
  let newest = await newestTo(high, size);
  yield [...inNoBlock(newest, low, high), ...newest.filter((block) => block.may_match)];
  // What may be anywhere is found in the order of the blocks: the index would name them all.
  while (newest.length === size && newest.every((block) => block.may_match)) {
    size *= 2;
    newest = await newestTo(newest.at(-1)?.after ?? low, size);
    yield newest.filter((block) => block.may_match);
  }
  if (newest.length < size) return;
  const blocks = await findBlocks.all(db, [userId, mode, searched, low, newest.at(-1)?.after ?? low]);
  for (let first = 0; first < blocks.length; first += BLOCKS_AT_ONCE) yield blocks.slice(first, first + BLOCKS_AT_ONCE);
}

/** The posts between the IDs that are newer than their newest block. */
function inNoBlock([newest]: readonly PostRange[], low: string, high: string): PostRange[] {
  const after = newest?.through ?? low;
  return after < high ? [{ after, through: LAST_ID }] : [];
}

/** The IDs of the first matches of a filter with times, in their order. */
async function findFirst(db: Db, owner: Tenant, filter: Search, most: number): Promise<string[]> {
  const ranges = await fewRangesOf(db, owner, filter);
  const { statement, values } =
    ranges === null
      ? findByTime(owner.userId, owner.mode, filter, most)
      : findMatches(owner.userId, owner.mode, filter, { ranges, before: LAST_ID, limit: most });
  return (await statement.all(db, values)).map(({ id }) => id);
}

/** Where posts may match, unless these are more than the range of times has, or so many that the first are soon found. */
async function fewRangesOf(db: Db, { userId, mode }: Tenant, filter: Search): Promise<PostRange[] | null> {
  const searched = inJson(filter.search);
  const { low, high } = idsOf(filter);
  const newest = await findNewestBlocks.all(db, [userId, mode, searched, low, high, NEWEST_BLOCKS]);
  const isAll = newest.length < NEWEST_BLOCKS;
  if (!isAll && newest.every((block) => block.may_match)) return null;
  const blocks = isAll
    ? newest.filter((block) => block.may_match)
    : await findBlocks.all(db, [userId, mode, searched, low, high]);
  const posts = blocks.reduce((sum, block) => sum + block.posts, UNBLOCKED);
  const { statement, values } = countTimes(userId, mode, filter, posts);
  const inTimes = (await statement.one(db, values))?.count ?? 0;
  return blocks.length > MOST_BLOCKS || inTimes < posts ? null : [...inNoBlock(newest, low, high), ...blocks];
}
