import { z } from "zod";

import { newId } from "../../model/ids.ts";
import type { Authenticated } from "../calls/authenticate.ts";
import { endSession, findEndedSession, MCP_SESSION_DAYS } from "../db/queries/mcp-sessions.ts";
import type { Services } from "../domain/services.ts";
import type { SealContext } from "../vault/vault.ts";

/** What the revisions up to 2025-11-25 call a session: all of its data is encrypted in its ID. */
export interface Session {
  id: string;
  /** Whether the client can ask a person. */
  elicits: boolean;
  /** When it began, in milliseconds since 1970. */
  begunAt: number;
}

type SessionServices = Pick<Services, "pool" | "vault">;

const stored = z.object({ id: z.guid(), elicits: z.boolean(), begunAt: z.number() });

/** Starts a session; returns the ID that the client sends from then on. Any process can open it. */
export function beginSession(
  { vault }: Pick<Services, "vault">,
  caller: Authenticated,
  elicits: boolean,
  now = Date.now(),
): string {
  return vault.seal(JSON.stringify({ id: newId(), elicits, begunAt: now } satisfies Session), sealContext(caller));
}

/** The session of an ID; null if it belongs to another key, was changed, has ended or is too old. */
export async function openSession(
  services: SessionServices,
  caller: Authenticated,
  sealed: string,
  now = Date.now(),
): Promise<Session | null> {
  const session = unseal(services, caller, sealed);
  if (session === null || now - session.begunAt > MCP_SESSION_DAYS * 86_400_000) return null;
  const ended = await findEndedSession.one(services.pool, [session.id, caller.userId, caller.mode]);
  return ended === undefined ? session : null;
}

/** Ends a session for all processes and for good. */
export async function closeSession(
  { pool }: Pick<Services, "pool">,
  caller: Authenticated,
  session: Session,
): Promise<void> {
  await endSession.run(pool, [session.id, caller.userId, caller.mode]);
}

function unseal({ vault }: Pick<Services, "vault">, caller: Authenticated, sealed: string): Session | null {
  const encoded = sealed.split(".")[2] ?? "";
  // Bits that stand for nothing could be changed and the bytes would be the same.
  if (
    sealed.length > 500 ||
    Buffer.from(encoded, "base64url").toString("base64url") !== encoded ||
    sealed.split(".").length !== 3
  )
    return null;
  try {
    return stored.parse(JSON.parse(vault.open(sealed, sealContext(caller))));
  } catch {
    return null;
  }
}

/** What is sealed for one key does not open for another. */
function sealContext({ actor, mode }: Authenticated): SealContext {
  return { table: "mcp_sessions", row: `${mode}/${actor.id ?? ""}`, column: "id" };
}
