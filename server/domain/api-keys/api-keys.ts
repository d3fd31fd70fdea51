import { createHash, randomBytes } from "node:crypto";

import type pg from "pg";
import { v7 as uuidv7 } from "uuid";

import { PublicError } from "../../../model/errors.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { findKeyHolder, insertApiKey, listKeys, revokeKey, touchKey, type ApiKeyRow } from "../../db/api-keys.ts";
import type { Caller } from "../caller.ts";

export interface ApiKey {
  id: string;
  name: string;
  mode: Mode;
  /** The first 12 characters of the raw key. */
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
}

/** Makes a key. `apiKey` is the raw key: it is here and never again, since only its digest is stored. */
export async function createApiKey(services: { pool: pg.Pool }, owner: Caller, options: { name: string; expiresAt?: Date | null }): Promise<ApiKey & { apiKey: string }> {
  const apiKey = `amp_${owner.mode}_${randomBytes(32).toString("base64url")}`;
  const values = [uuidv7(), owner.userId, owner.mode, options.name, digest(apiKey), apiKey.slice(0, 12), options.expiresAt ?? null];
  const row = await insertApiKey.one(services.pool, values);
  if (row === undefined) throw new Error("The key was not stored");
  return { ...toApiKey(row), apiKey };
}

/** Every key of a user, in both modes, the newest first; revoked and expired ones too. */
export async function listApiKeys(services: { pool: pg.Pool }, owner: Pick<Caller, "userId">): Promise<ApiKey[]> {
  return (await listKeys.all(services.pool, [owner.userId])).map(toApiKey);
}

/** Ends a key from the next request on. Throws NOT_FOUND. */
export async function revokeApiKey(services: { pool: pg.Pool }, owner: Pick<Caller, "userId">, id: string): Promise<ApiKey> {
  const row = await revokeKey.one(services.pool, [id, owner.userId]);
  if (row === undefined) throw new PublicError("NOT_FOUND", "API key not found.");
  return toApiKey(row);
}

/** Who a raw key speaks for; null where it is unknown, revoked or expired. Asks the table each time, so that revoking holds at once. */
export async function findKey(services: { pool: pg.Pool }, apiKey: string): Promise<(Caller & { keyId: string }) | null> {
  if (!KEY_FORM.test(apiKey)) return null;
  const holder = await findKeyHolder.one(services.pool, [digest(apiKey)]);
  if (holder === undefined) return null;
  // Nobody waits for this, and at most once a minute; a failure only leaves an older time standing.
  if (holder.unseen) void touchKey.run(services.pool, [holder.id]).catch(() => undefined);
  return { userId: holder.user_id, mode: holder.mode, keyId: holder.id };
}

const KEY_FORM = /^amp_(live|test)_[A-Za-z0-9_-]{20,100}$/;

function digest(apiKey: string): Buffer {
  return createHash("sha256").update(apiKey).digest();
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    mode: row.mode,
    prefix: row.prefix,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
