import { createHash, randomBytes } from "node:crypto";

import type pg from "pg";

import { refusal } from "../../../contract/forms/parse.ts";
import type { ApiKey, KeyPolicies } from "../../../contract/operations/api-keys.ts";
import { BOUNDS } from "../../../model/bounds.ts";
import { PublicError, issueOf } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import {
  countActiveKeys,
  findApiKey,
  insertApiKey,
  listKeys,
  replaceKey,
  revokeKey,
  type ApiKeyRow,
} from "../../db/queries/api-keys.ts";
import { lockUser } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { BY_INSTANCE, type Answer, type Call, type Origin } from "../call.ts";
import { write } from "../idempotency.ts";
import type { KeyHolders } from "./key-holders.ts";
import { readPolicies } from "./policies.ts";

/** The input for a key. */
export interface NewKey {
  name: string;
  expiresAt?: Date | null;
  policies?: KeyPolicies;
}

/** A key and its raw form, which is returned only here, since only its digest is stored. */
type RawKey = ApiKey & { apiKey: string };

/** Makes a key for the operator of the instance. */
export async function createApiKey(services: { pool: pg.Pool }, owner: Tenant, options: NewKey): Promise<RawKey> {
  return await transaction(services.pool, (tx) => insert(tx, owner, BY_INSTANCE, options));
}

/** Creates a key for the caller. A replayed result does not contain the raw key. */
export async function createOwnKey(
  services: { pool: pg.Pool },
  call: Call,
  body: { name: string; mode: Mode; expiresAt?: string | null; policies?: KeyPolicies },
  now = new Date(),
): Promise<Answer<{ key: ApiKey & { apiKey: string | null } }>> {
  const { name, mode, policies } = body;
  const expiresAt = typeof body.expiresAt === "string" ? new Date(body.expiresAt) : null;
  if (expiresAt !== null && expiresAt <= now) throw refusal([alreadyExpired(body.expiresAt)]);
  return await write(services, call, async (tx) => {
    await enforceKeyLimit(tx, call.userId);
    const key = await insert(tx, { userId: call.userId, mode }, call, {
      name,
      expiresAt,
      policies,
    });
    return { body: { key }, kept: { key: { ...key, apiKey: null } } };
  });
}

/** Every key of a user, in both modes, the newest first; revoked and expired ones too. */
export async function listApiKeys(services: { pool: pg.Pool }, owner: Pick<Tenant, "userId">): Promise<ApiKey[]> {
  return (await listKeys.all(services.pool, [owner.userId])).map(toApiKey);
}

/** Ends a key from the next request on, for the operator of the instance. Throws NOT_FOUND. */
export async function revokeApiKey(
  services: { pool: pg.Pool; keyHolders?: KeyHolders },
  owner: Pick<Tenant, "userId">,
  id: string,
): Promise<ApiKey> {
  const key = await transaction(services.pool, (tx) => revoke(tx, owner, BY_INSTANCE, id));
  services.keyHolders?.forget(key.id);
  return key;
}

/** Revokes a key of the caller, effective from the next request. Throws NOT_FOUND. */
export async function revokeOwnKey(
  services: { pool: pg.Pool; keyHolders: KeyHolders },
  call: Call,
  id: string,
): Promise<Answer<{ key: ApiKey }>> {
  const answer = await write(services, call, async (tx) => ({ body: { key: await revoke(tx, call, call, id) } }));
  services.keyHolders.forget(id);
  return answer;
}

/**
 * Revokes a key or grant in the transaction; callers must clear the cache afterwards. `more` is recorded as the reason.
 * Throws NOT_FOUND.
 */
export async function revoke(
  tx: pg.PoolClient,
  owner: Pick<Tenant, "userId">,
  origin: Origin,
  id: string,
  more: Record<string, string> = {},
): Promise<ApiKey> {
  const revoked = await revokeKey(tx, id, owner.userId);
  const row = revoked ?? (await findApiKey.one(tx, [id, owner.userId]));
  if (row === undefined) throw new PublicError("NOT_FOUND", "API key not found.");
  if (revoked !== undefined)
    await recordAudit(tx, origin, {
      userId: row.user_id,
      mode: row.mode,
      action: "api_key.revoked",
      target: row.id,
      data: { name: row.name, ...more },
    });
  return toApiKey(row);
}

/**
 * Replaces a key of the caller by one with the same name, mode, policies and expiry. The old one still works for so many
 * seconds; with 0, it is revoked. Throws NOT_FOUND if it does not work anymore, or is a grant, and VALIDATION_FAILED if
 * it was rolled before.
 */
export async function rollOwnKey(
  services: { pool: pg.Pool; keyHolders: KeyHolders },
  call: Call,
  id: string,
  overlapSeconds: number,
): Promise<Answer<{ key: ApiKey & { apiKey: string | null } }>> {
  const answer = await write(services, call, async (tx) => {
    await enforceKeyLimit(tx, call.userId);
    const key = await roll(tx, call, call, id, overlapSeconds);
    return { body: { key }, kept: { key: { ...key, apiKey: null } } };
  });
  services.keyHolders.forget(id);
  return answer;
}

/** Replaces a key as `rollOwnKey` does, for the operator of the instance. */
export async function rollApiKey(
  services: { pool: pg.Pool },
  owner: Pick<Tenant, "userId">,
  id: string,
  overlapSeconds: number,
): Promise<RawKey> {
  return await transaction(services.pool, (tx) => roll(tx, owner, BY_INSTANCE, id, overlapSeconds));
}

async function roll(
  tx: pg.PoolClient,
  { userId }: Pick<Tenant, "userId">,
  origin: Origin,
  id: string,
  overlapSeconds: number,
): Promise<RawKey> {
  const row = await findApiKey.one(tx, [id, userId]);
  const isOver = row !== undefined && isPast(row.revoked_at ?? row.expires_at);
  if (row === undefined || isOver || row.client_id !== null) throw new PublicError("NOT_FOUND", "API key not found.");
  const { name, mode, expires_at: expiresAt } = row;
  const key = await insert(tx, { userId, mode }, origin, { name, expiresAt, policies: readPolicies(row.policies) });
  const replaced = await replaceKey(tx, id, userId, { keyId: key.id, seconds: overlapSeconds });
  if (replaced === undefined) throw refusal([alreadyRolled(id)]);
  if (overlapSeconds === 0) await revoke(tx, { userId }, origin, id, { replacedBy: key.id });
  else
    await recordAudit(tx, origin, {
      userId,
      mode,
      action: "api_key.rolled",
      target: id,
      data: { name, replacedBy: key.id, worksUntil: replaced.expires_at.toISOString() },
    });
  return key;
}

/** All that is stored of a key. It cannot be used as one. */
export function digestKey(apiKey: string): Buffer {
  return createHash("sha256").update(apiKey).digest();
}

async function insert(
  tx: pg.PoolClient,
  owner: Tenant,
  origin: Origin,
  { name, expiresAt = null, policies = readPolicies({}) }: NewKey,
): Promise<RawKey> {
  const apiKey = `amp_${owner.mode}_${randomBytes(32).toString("base64url")}`;
  const row = await insertApiKey.one(tx, [
    newId(),
    owner.userId,
    owner.mode,
    name,
    digestKey(apiKey),
    apiKey.slice(0, 12),
    expiresAt,
    policies,
  ]);
  if (row === undefined) throw new Error("The key was not stored");
  const key = toApiKey(row);
  await recordAudit(tx, origin, {
    ...owner,
    action: "api_key.created",
    target: key.id,
    data: { name, expiresAt: key.expiresAt, policies },
  });
  return { ...key, apiKey };
}

/** Locks the user, so that the maximum number of keys and grants is not exceeded. Throws VALIDATION_FAILED. */
export async function enforceKeyLimit(tx: pg.PoolClient, userId: string): Promise<void> {
  await lockUser.one(tx, [userId]);
  const { count } = (await countActiveKeys.one(tx, [userId])) ?? { count: 0 };
  if (count < BOUNDS.activeKeys) return;
  const message = `You have reached the limit of ${count} API keys and authorized apps`;
  throw refusal([
    issueOf({
      rule: "key.max",
      message,
      actual: count,
      limit: BOUNDS.activeKeys,
      fix: "Revoke the ones you no longer use.",
    }),
  ]);
}

function isPast(time: Date | null): boolean {
  return time !== null && time <= new Date();
}

function alreadyRolled(actual: string) {
  return issueOf({
    rule: "key.rolled",
    message: "This key has been rolled already",
    actual,
    fix: "Roll the key that replaced it. To end this one now, revoke it.",
  });
}

function alreadyExpired(actual: unknown) {
  const message = "expiresAt must be in the future";
  return issueOf({
    rule: "key.expiresAt",
    path: "/expiresAt",
    message,
    actual,
    fix: "Send a later time, or omit expiresAt.",
  });
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    mode: row.mode,
    prefix: row.prefix,
    clientId: row.client_id,
    policies: readPolicies(row.policies),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    replacedBy: row.replaced_by,
  };
}
