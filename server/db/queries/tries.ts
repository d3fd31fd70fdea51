import { statement } from "../sql.ts";

/** What has not ended well so many times in a row is set aside. */
export const MOST_TRIES = 5;

/**
 * Counts a try before it begins. `unended` are those in a row that have not ended, with this one. No row if it is not its
 * time yet, or another process is at it.
 */
export const beginTry = statement<
  { tries: number; unended: number },
  [work: string, subject: string, leaseSeconds: number]
>(
  "tries.begin",
  `insert into tries as t (work, subject, tries, unended, not_before)
   values ($1, $2, 1, 1, now() + make_interval(secs => $3))
   on conflict (work, subject) do update set tries = t.tries + 1, unended = t.unended + 1,
     not_before = excluded.not_before
     where t.not_before <= now()
   returning tries, unended`,
);

/** What has been begun before and has not ended well. */
export const findTry = statement<{ unended: number }, [work: string, subject: string]>(
  "tries.find",
  `select unended from tries where work = $1 and subject = $2`,
);

/** It has ended well. */
export const endTry = statement<never, [work: string, subject: string]>(
  "tries.end",
  `delete from tries where work = $1 and subject = $2`,
);

export const failTry = statement<never, [work: string, subject: string, error: string, pauseSeconds: number]>(
  "tries.fail",
  `update tries set error = $3, unended = 0, not_before = now() + make_interval(secs => $4) where work = $1 and subject = $2`,
);

/** It is tried once a day from now on. */
export const setTryAside = statement<never, [work: string, subject: string]>(
  "tries.set_aside",
  `insert into tries (work, subject, tries, unended, not_before, set_aside_at)
   values ($1, $2, ${MOST_TRIES} - 1, ${MOST_TRIES} - 1, now() + interval '1 day', now())
   on conflict (work, subject) do update set tries = excluded.tries, unended = excluded.unended, not_before = excluded.not_before,
     set_aside_at = excluded.set_aside_at`,
);

/** What did not end well and is tried again now. */
export const listDueTries = statement<{ subject: string }, [work: string, most: number]>(
  "tries.list_due",
  `select subject from tries where work = $1 and not_before <= now() order by not_before limit $2`,
);

/** Whether such work of anyone else has not ended well either. */
export const isOtherTried = statement<{ found: boolean }, [work: string, subject: string]>(
  "tries.is_other_tried",
  `select exists (select from tries where work = $1 and subject <> $2) as found`,
);

/** What is set aside, or is tried once a minute because it may not be its fault, for the operator. */
export const countSetAside = statement<{ work: string; count: number }, []>(
  "tries.count_set_aside",
  `select work, count(*)::int as count from tries
   where set_aside_at is not null or tries > ${MOST_TRIES} group by work order by work`,
);

/** What nobody has tried for long: its user, or the reason for it, is gone. */
export const deleteOldTries = statement<never, [limit: number]>(
  "tries.delete_old",
  `delete from tries where ctid = any (array(
     select ctid from tries where not_before < now() - interval '7 days' limit $1 for update skip locked))`,
);
