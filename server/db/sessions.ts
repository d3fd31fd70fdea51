import { statement } from "./sql.ts";

export interface SessionRow {
  id: string;
  address: string | null;
  user_agent: string | null;
  created_at: Date;
  expires_at: Date;
}

/** ($1 digest of its token): the session, while it is good. */
export const findSession = statement<{ id: string; user_id: string }>(
  "sessions.find",
  `select id, user_id from sessions where token_digest = $1 and expires_at > now()`,
);

/** ($1 user): those that are good, the newest first. */
export const listSessions = statement<SessionRow>(
  "sessions.list",
  `select id, address, user_agent, created_at, expires_at from sessions where user_id = $1 and expires_at > now() order by created_at desc, id desc`,
);

/** ($1 id, $2 user) */
export const deleteSession = statement("sessions.delete", `delete from sessions where id = $1 and user_id = $2`);

/** ($1 user, $2 the session that stays): those that were ended. */
export const deleteOtherSessions = statement<{ id: string }>(
  "sessions.delete_others",
  `delete from sessions where user_id = $1 and id <> $2 returning id`,
);

/** ($1 id, $2 user, $3 minutes): the session, if it began within them. */
export const findFreshSession = statement<{ id: string }>(
  "sessions.find_fresh",
  `select id from sessions where id = $1 and user_id = $2 and created_at > now() - make_interval(mins => $3)`,
);

/** ($1 user, $2 most): ends the oldest of those beyond. */
export const endSurplusSessions = statement(
  "sessions.end_surplus",
  `delete from sessions where id in (select id from sessions where user_id = $1 order by created_at desc, id desc offset $2)`,
);

/** ($1 limit) */
export const deleteOldSessions = statement(
  "sessions.delete_old",
  `delete from sessions where id in (select id from sessions where expires_at < now() order by expires_at limit $1)`,
);
