import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** Maximum lifetime of a session: the end of an older one need not be recorded. */
export const MCP_SESSION_DAYS = 30;

/** A row if the session was ended. */
export const findEndedSession = statement<{ id: string }, [id: string, userId: string, mode: Mode]>(
  "mcp_ended_sessions.find",
  `select id from mcp_ended_sessions where id = $1 and user_id = $2 and mode = $3`,
);

/** Ends of sessions that would be over by now anyway. */
export const deleteOldEnds = statement<never, [limit: number]>(
  "mcp_ended_sessions.delete_old",
  `delete from mcp_ended_sessions
   where id in (select id from mcp_ended_sessions where ended_at < now() - interval '${MCP_SESSION_DAYS + 1} days'
     limit $1)`,
);

/** Ends a session for all processes and for good. */
export const endSession = statement<never, [id: string, userId: string, mode: Mode]>(
  "mcp_ended_sessions.end",
  `insert into mcp_ended_sessions (id, user_id, mode) values ($1, $2, $3) on conflict do nothing`,
);

/** Notifies every process of a client's answer. */
export const notifyAnswer = statement<never, [answer: string]>(
  "mcp.notify_answer",
  `select pg_notify('ampost_mcp', $1)`,
);
