import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PostingTimes } from "../../../model/posting-times.ts";
import { statement } from "../sql.ts";

export interface PlatformSetRow {
  id: string;
  user_id: string;
  mode: Mode;
  name: string;
  is_default: boolean;
  created_at: Date;
  updated_at: Date;
  connection_count: number;
}

const columns = `s.id, s.user_id, s.mode, s.name, s.is_default, s.created_at, s.updated_at,
  (select count(*)::int from accounts a where a.platform_set_id = s.id and a.user_id = s.user_id and a.mode = s.mode
    and a.status = 'active') as connection_count`;

/** The default one first, then the oldest. */
export const listSets = statement<PlatformSetRow, [userId: string, mode: Mode]>(
  "platform_sets.list",
  `select ${columns} from platform_sets s where s.user_id = $1 and s.mode = $2
   order by s.is_default desc, s.created_at, s.id`,
);

export const countSets = statement<{ count: number }, [userId: string, mode: Mode]>(
  "platform_sets.count",
  `select count(*)::int as count from platform_sets where user_id = $1 and mode = $2`,
);

/** No row if there is already a default one. */
export const insertSet = statement<
  PlatformSetRow,
  [id: string, userId: string, mode: Mode, name: string, isDefault: boolean]
>(
  "platform_sets.insert",
  `with s as (
     insert into platform_sets (id, user_id, mode, name, is_default) values ($1, $2, $3, $4, $5)
     on conflict (user_id, mode) where is_default do nothing returning *
   ) select ${columns} from s`,
);

export const renameSet = statement<PlatformSetRow, [id: string, userId: string, mode: Mode, name: string]>(
  "platform_sets.rename",
  `with s as (
     update platform_sets set name = $4, updated_at = now() where id = $1 and user_id = $2 and mode = $3 returning *
   ) select ${columns} from s`,
);

/** A set's posting times as they are stored; null if it has none. */
interface PostingTimesRow {
  id: string;
  posting_times: PostingTimes | null;
}

export const findPostingTimes = statement<PostingTimesRow, [id: string, userId: string, mode: Mode]>(
  "platform_sets.find_posting_times",
  `select id, posting_times from platform_sets where id = $1 and user_id = $2 and mode = $3`,
);

/**
 * The posting times of a set and the own ones of its active accounts. One row for a set without accounts (with null
 * account columns), none if there is no such set.
 */
export const listTimesOfAccounts = statement<
  { set_times: PostingTimes | null; platform: PlatformName | null; own_times: PostingTimes | null },
  [id: string, userId: string, mode: Mode]
>(
  "platform_sets.list_times_of_accounts",
  `select s.posting_times as set_times, a.platform, a.posting_times as own_times
   from platform_sets s
     left join accounts a on a.platform_set_id = s.id and a.user_id = s.user_id and a.mode = s.mode
       and a.status = 'active'
   where s.id = $1 and s.user_id = $2 and s.mode = $3`,
);

export const savePostingTimes = statement<
  PostingTimesRow,
  [id: string, userId: string, mode: Mode, postingTimes: PostingTimes | null]
>(
  "platform_sets.save_posting_times",
  `update platform_sets set posting_times = $4, updated_at = now() where id = $1 and user_id = $2 and mode = $3
   returning id, posting_times`,
);

/**
 * Whoever takes a posting time of the set waits here until others have: until their transactions end. No row of the set
 * is locked, for which deleting the set waits while it holds the set's posts.
 */
export const lockPostingTimes = statement<never, [id: string]>(
  "platform_sets.lock_posting_times",
  `select pg_advisory_xact_lock(hashtextextended($1, 141))`,
);

/**
 * Those of the times for which a post of the set is scheduled on any of the platforms, where a set has one account each;
 * null: on whatever platform.
 */
export const listTakenTimes = statement<
  { scheduled_for: Date },
  [
    id: string,
    userId: string,
    mode: Mode,
    times: readonly Date[],
    platforms: readonly PlatformName[] | null,
    exceptPostId: string | null,
  ]
>(
  "platform_sets.list_taken_times",
  `select distinct scheduled_for from posts where user_id = $2 and status = 'scheduled'
     and scheduled_for = any ($4::timestamptz[]) and platform_set_id = $1 and mode = $3
     and ($5::text[] is null or platforms && $5) and id is distinct from $6`,
);

/** Holds the set while it is deleted. */
export const lockSetForDelete = statement<
  Pick<PlatformSetRow, "id" | "name" | "is_default">,
  [id: string, userId: string, mode: Mode]
>(
  "platform_sets.lock_for_delete",
  `select id, name, is_default from platform_sets where id = $1 and user_id = $2 and mode = $3 for update`,
);

export const deleteSet = statement<never, [id: string, userId: string, mode: Mode]>(
  "platform_sets.delete",
  `delete from platform_sets where id = $1 and user_id = $2 and mode = $3`,
);

/** The set's posts that wait for their time. */
export const listScheduledOfSet = statement<{ id: string }, [id: string, userId: string, mode: Mode]>(
  "platform_sets.list_scheduled",
  `select id from posts where platform_set_id = $1 and user_id = $2 and mode = $3 and status = 'scheduled' order by id`,
);
