import { statement } from "../sql.ts";

export interface SessionRow {
  id: string;
  address: string | null;
  user_agent: string | null;
  created_at: Date;
  expires_at: Date;
}

/** The session, while it is good; `suspended` if its user is. */
export const findSession = statement<{ id: string; user_id: string; suspended: boolean }, [tokenDigest: string]>(
  "sessions.find",
  `select s.id, s.user_id, u.suspended_at is not null as suspended
   from sessions s join users u on u.id = s.user_id where s.token_digest = $1 and s.expires_at > now()`,
);

/** Whose session it is, while it is good. */
export const findSessionById = statement<{ user_id: string; suspended: boolean }, [id: string]>(
  "sessions.find_by_id",
  `select s.user_id, u.suspended_at is not null as suspended
   from sessions s join users u on u.id = s.user_id where s.id = $1 and s.expires_at > now()`,
);

/** Those that are good, the newest first. */
export const listSessions = statement<SessionRow, [userId: string]>(
  "sessions.list",
  `select id, address, user_agent, created_at, expires_at from sessions where user_id = $1 and expires_at > now()
   order by created_at desc, id desc`,
);

export const deleteSession = statement<never, [id: string, userId: string]>(
  "sessions.delete",
  `delete from sessions where id = $1 and user_id = $2`,
);

/** Those that were ended. */
export const deleteOtherSessions = statement<{ id: string }, [userId: string, keptSessionId: string | null]>(
  "sessions.delete_others",
  `delete from sessions where user_id = $1 and id <> $2 returning id`,
);

/** The session, if it began within them. */
export const findFreshSession = statement<{ id: string }, [id: string | null, userId: string, minutes: number]>(
  "sessions.find_fresh",
  `select id from sessions where id = $1 and user_id = $2 and created_at > now() - make_interval(mins => $3)`,
);

/** Ends the oldest of those beyond. */
export const endSurplusSessions = statement<never, [userId: string, most: number]>(
  "sessions.end_surplus",
  `delete from sessions where id in (select id from sessions where user_id = $1
     order by created_at desc, id desc offset $2)`,
);

export const deleteOldSessions = statement<never, [limit: number]>(
  "sessions.delete_old",
  `delete from sessions where id in (select id from sessions where expires_at < now() order by expires_at limit $1)`,
);
