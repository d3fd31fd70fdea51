import type { Session } from "../../../contract/operations/sessions.ts";
import { PublicError } from "../../../model/errors.ts";
import { deleteOtherSessions, deleteSession, listSessions as selectSessions } from "../../db/queries/sessions.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

/** The user's sessions, newest first. */
export async function listSessions(
  { pool }: Pick<Services, "pool">,
  { userId, actor }: Pick<Call, "userId" | "actor">,
): Promise<Answer<{ sessions: Session[] }>> {
  const rows = await selectSessions.all(pool, [userId]);
  return {
    body: {
      sessions: rows.map((row) => ({
        id: row.id,
        isCurrent: row.id === actor.id,
        address: row.address,
        userAgent: row.user_agent === "" ? null : row.user_agent,
        createdAt: row.created_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
      })),
    },
  };
}

/** Ends a session from its next request on. Throws NOT_FOUND. */
export async function revokeSession(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    if ((await deleteSession.run(tx, [id, call.userId])) === 0)
      throw new PublicError("NOT_FOUND", "Session not found.");
    await recordAudit(tx, call, { userId: call.userId, action: "session.revoked", target: id });
    return { body: { success: true } };
  });
}

/** Ends every session of the user except the calling one. */
export async function revokeOtherSessions(
  services: Pick<Services, "pool">,
  call: Call,
): Promise<Answer<{ revoked: number }>> {
  return await write(services, call, async (tx) => {
    const gone = await deleteOtherSessions.all(tx, [call.userId, call.actor.id]);
    for (const { id } of gone)
      await recordAudit(tx, call, { userId: call.userId, action: "session.revoked", target: id });
    return { body: { revoked: gone.length } };
  });
}
