import { statement } from "../sql.ts";

/** What the database has, to say what a restore would replace. */
export const countContent = statement<{ users: number; posts: number }, []>(
  "instance.count_content",
  `select (select count(*) from users) as users, (select count(*) from posts) as posts`,
);

/** The latest scheduled backup that was completed, and the error of the latest one if that failed. */
export const LAST_BACKUP = "backup/last";
export const FAILED_BACKUP = "backup/failed";

export const recordBackup = statement<never, [last: string]>(
  "instance.record_backup",
  `with gone as (delete from instance where name = '${FAILED_BACKUP}')
   insert into instance (name, value) values ('${LAST_BACKUP}', $1) on conflict (name) do update
     set value = excluded.value`,
);

export const recordFailedBackup = statement<never, [failed: string]>(
  "instance.record_failed_backup",
  `insert into instance (name, value) values ('${FAILED_BACKUP}', $1) on conflict (name) do update
     set value = excluded.value`,
);

/** Null where there is none. */
export const findBackups = statement<{ last: string | null; failed: string | null }, []>(
  "instance.find_backups",
  `select (select value from instance where name = '${LAST_BACKUP}') as last,
     (select value from instance where name = '${FAILED_BACKUP}') as failed`,
);

/** What a restored database must not say of itself: it was said of another time or place. */
export const forgetPast = statement<never, []>(
  "instance.forget_past",
  `delete from instance where name in ('held', 'server', 'database', 'timeline', '${LAST_BACKUP}', '${FAILED_BACKUP}') or starts_with(name, 'set_up_token/')`,
);
