import { z } from "zod";

import { MAX_FILE_BYTES } from "../../../model/capabilities.ts";
import { newId } from "../../../model/ids.ts";
import { MODES } from "../../../model/platform-names.ts";
import { mayAs } from "../../../model/roles.ts";
import { findActiveKey } from "../../db/queries/api-keys.ts";
import { findRole } from "../../db/queries/members.ts";
import { findSessionById } from "../../db/queries/sessions.ts";
import { policiesAs, readPolicies } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { suspended } from "../users/suspended.ts";

const LIFETIME_SECONDS = 3600;

/** What an upload URL says, encrypted in it. */
const permit = z.object({
  id: z.guid(),
  userId: z.string(),
  mode: z.enum(MODES),
  /** The key or session that created it. */
  keyId: z.guid().optional(),
  sessionId: z.string().optional(),
  filename: z.string(),
  expiresAt: z.iso.datetime(),
});

/** What is kept of a response for repeated requests: not the URL, but what it says of the file. */
const kept = z.object({
  upload: z.looseObject({}),
  permit: permit.pick({ id: true, filename: true, expiresAt: true }),
});
type Kept = z.output<typeof kept>;

/** Whom a file sent to an upload URL belongs to. */
export interface Uploader extends Pick<Call, "userId" | "mode" | "actor" | "policies"> {
  filename: string;
  /** The same for every use of the URL, which works once. */
  idempotencyKey: string;
}

/** Creates a URL to which one file can be sent without a key, as long as the caller's own one works. Nothing is stored. */
export async function createUploadUrl(
  services: Services,
  call: Call,
  filename: string | null,
): Promise<Answer<{ upload: { url: string | null; maxSizeBytes: number; expiresAt: string } }>> {
  const expiresAt = new Date(Date.now() + LIFETIME_SECONDS * 1000).toISOString();
  const what = { id: newId(), filename: filename ?? "media", expiresAt };
  const upload = { url: seal(services, call, what), maxSizeBytes: MAX_FILE_BYTES, expiresAt };
  return await write(services, call, async () => ({
    body: { upload },
    kept: { upload: { ...upload, url: null }, permit: what },
  }));
}

/**
 * The response to a repeated request, from what was kept of the first: a URL for the same file, sealed again with the
 * caller's key. Null once it has expired.
 */
export function reopenUploadUrl(
  services: Pick<Services, "settings" | "vault">,
  call: Pick<Call, "userId" | "mode" | "actor">,
  stored: unknown,
  now = Date.now(),
): unknown {
  const read = kept.safeParse(stored);
  if (!read.success) return stored;
  const { upload, permit: what } = read.data;
  const isOver = Date.parse(what.expiresAt) <= now;
  return { upload: { ...upload, url: isOver ? null : seal(services, call, what) } };
}

/**
 * Whom the last part of an upload URL speaks for; null if it was changed or is too old, or the key that created it no
 * longer works. Throws UNAUTHORIZED if the user is suspended.
 */
export async function openUploadUrl(
  { vault, pool }: Pick<Services, "vault" | "pool">,
  sealed: string,
  now = Date.now(),
): Promise<Uploader | null> {
  const said = unseal(vault, sealed);
  if (said === null || Date.parse(said.expiresAt) <= now) return null;
  const { id, userId, mode, filename } = said;
  const speaker = await findSpeaker(pool, said);
  return speaker && { ...speaker, userId, mode, filename, idempotencyKey: `upload-url ${id}` };
}

type Speaker = Pick<Uploader, "actor" | "policies">;

/** Null if the key or session no longer works, or the person may no longer upload in the workspace. */
async function findSpeaker(
  pool: Services["pool"],
  { userId, mode, keyId, sessionId }: z.output<typeof permit>,
): Promise<Speaker | null> {
  if (keyId !== undefined) {
    const key = await findActiveKey.one(pool, [keyId, userId, mode]);
    if (key === undefined) return null;
    if (key.suspended) throw suspended();
    return { actor: { kind: "key", id: keyId }, policies: readPolicies(key.policies) };
  }
  if (sessionId === undefined) return null;
  const session = await findSessionById.one(pool, [sessionId]);
  if (session === undefined) return null;
  if (session.suspended) throw suspended();
  const actor = { kind: "session", id: sessionId } as const;
  if (session.user_id === userId) return { actor, policies: null };
  const member = await findRole.one(pool, [userId, session.user_id]);
  if (member === undefined || !mayAs(member.role, "writer")) return null;
  return { actor: { ...actor, member: { id: member.id, userId: session.user_id } }, policies: policiesAs(member.role) };
}

function seal(
  { settings, vault }: Pick<Services, "settings" | "vault">,
  { userId, mode, actor }: Pick<Call, "userId" | "mode" | "actor">,
  what: Kept["permit"],
): string {
  const said: z.output<typeof permit> = {
    ...what,
    userId,
    mode,
    [actor.kind === "session" ? "sessionId" : "keyId"]: actor.id ?? "",
  };
  return `${settings.apiUrl}/api/v1/media/upload-urls/${vault.seal(JSON.stringify(said), PLACE)}`;
}

const PLACE = { table: "media", row: "", column: "upload_url" };
const LONGEST = 2_000;

function unseal(vault: Services["vault"], sealed: string): z.output<typeof permit> | null {
  if (sealed.length > LONGEST) return null;
  try {
    return permit.parse(JSON.parse(vault.open(sealed, PLACE)));
  } catch {
    return null;
  }
}
