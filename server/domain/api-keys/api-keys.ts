import { createHash, randomBytes } from "node:crypto";

import type pg from "pg";

import { newId } from "../../../model/ids.ts";
import { PublicError } from "../../../model/errors.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { insertApiKey, listKeys, revokeKey, type ApiKeyRow } from "../../db/api-keys.ts";
import type { Caller } from "../caller.ts";
import type { KeyHolders } from "./key-holders.ts";

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
  const values = [newId(), owner.userId, owner.mode, options.name, digestKey(apiKey), apiKey.slice(0, 12), options.expiresAt ?? null];
  const row = await insertApiKey.one(services.pool, values);
  if (row === undefined) throw new Error("The key was not stored");
  return { ...toApiKey(row), apiKey };
}

/** Every key of a user, in both modes, the newest first; revoked and expired ones too. */
export async function listApiKeys(services: { pool: pg.Pool }, owner: Pick<Caller, "userId">): Promise<ApiKey[]> {
  return (await listKeys.all(services.pool, [owner.userId])).map(toApiKey);
}

/** Ends a key from the next request on. Throws NOT_FOUND. */
export async function revokeApiKey(services: { pool: pg.Pool; keyHolders?: KeyHolders }, owner: Pick<Caller, "userId">, id: string): Promise<ApiKey> {
  const row = await revokeKey.one(services.pool, [id, owner.userId]);
  if (row === undefined) throw new PublicError("NOT_FOUND", "API key not found.");
  services.keyHolders?.forget(row.id);
  return toApiKey(row);
}

/** All that is stored of a key. It cannot be used as one. */
export function digestKey(apiKey: string): Buffer {
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
