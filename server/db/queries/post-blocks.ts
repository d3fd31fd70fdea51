import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** Consecutive posts of a user in a mode: those after the ID `after`, up to and with the ID `through`. */
export interface PostRange {
  after: string;
  through: string;
}

interface PostBlock extends PostRange {
  posts: number;
}

const KEYS = "(select search_keys($1 || ' ' || $2, $3))";

/** The newest blocks with posts between the IDs, newest first, and whether they may have posts with this in their content as JSON. */
export const findNewestBlocks = statement<
  PostBlock & { may_match: boolean },
  [userId: string, mode: Mode, searched: string, low: string, high: string, limit: number]
>(
  "post_blocks.find_newest",
  `select after, through, posts, keys @> ${KEYS} as may_match from post_blocks
   where user_id = $1 and mode = $2 and through > $4 and after < $5 and through <= coalesce((
       select through from post_blocks where user_id = $1 and mode = $2 and through >= $5 order by through limit 1), $5)
   order by through desc limit $6`,
);

/** The blocks with posts between the IDs that may have such posts, newest first. */
export const findBlocks = statement<
  PostBlock,
  [userId: string, mode: Mode, searched: string, low: string, high: string]
>(
  "post_blocks.find",
  // Keys differ between users, so the index leads to this user's blocks. A plan by user would read all of them.
  `with found as materialized (select user_id, mode, after, through, posts from post_blocks where keys @> ${KEYS})
   select after, through, posts from found
   where user_id = $1 and mode = $2 and through > $4 and after < $5 order by through desc`,
);

/** Users with this many posts or more that are in no block. */
export const findUnblocked = statement<{ user_id: string; mode: Mode }, [least: number]>(
  "post_blocks.find_unblocked",
  `select c.user_id, c.mode
   from (select user_id, mode, sum(change) as posts from post_counts group by 1, 2 having sum(change) >= $1::int) c
   where c.posts >= $1::int + (
     select coalesce(sum(b.posts), 0) from post_blocks b where b.user_id = c.user_id and b.mode = c.mode)`,
);

/** Until the transaction ends, no edit of the user's posts can be under way. */
export const lockBlocks = statement<never, [userId: string]>(
  "post_blocks.lock",
  `select pg_advisory_xact_lock(145, hashtext($1))`,
);

/**
 * Makes blocks of the user's oldest posts that are in none, of those with lower IDs than `before`. A block has about
 * $5 characters, which keeps what its posts contain distinctive; what is left over waits for the next time.
 */
export const insertBlocks = statement<
  never,
  [userId: string, mode: Mode, before: string, posts: number, characters: number]
>(
  "post_blocks.insert",
  `with blocked as (
     select coalesce((select through from post_blocks where user_id = $1 and mode = $2::text order by through desc limit 1),
       '00000000-0000-0000-0000-000000000000') as through
   ), fresh as (
     select p.id, p.content::text as content from posts p, blocked
     where p.user_id = $1 and p.mode = $2::text and p.id > blocked.through and p.id < $3 order by p.id limit $4
   ), placed as (
     select id, content, sum(length(content)) over (order by id) / $5::int as block from fresh
   ), blocks as (
     select (array_agg(id order by id desc))[1] as through, count(*) as posts, string_agg(content, e'\\n') as content
     from placed group by block
   ), complete as (
     select lag(through) over w as after, through, posts, content, lead(through) over w as next
     from blocks window w as (order by through)
   )
   insert into post_blocks (user_id, mode, after, through, posts, keys)
   select $1, $2::text, coalesce(after, (select through from blocked)), through, posts,
     search_keys($1 || ' ' || $2::text, content)
   from complete where next is not null`,
);
