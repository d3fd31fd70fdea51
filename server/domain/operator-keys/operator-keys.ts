import { randomBytes } from "node:crypto";

import type pg from "pg";

import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import {
  findOperatorKey,
  insertOperatorKey,
  listOperatorKeys as selectKeys,
  type OperatorKeyRow,
  revokeOperatorKey as endKey,
  touchOperatorKey,
} from "../../db/queries/operator-keys.ts";
import { transaction } from "../../db/sql.ts";
import { digestKey } from "../api-keys/api-keys.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { BY_INSTANCE } from "../call.ts";

/** What an operator's program calls the admin API with. Times are ISO 8601. */
export interface OperatorKey {
  id: string;
  name: string;
  /** First 10 characters of the raw key. */
  prefix: string;
  createdAt: string;
  /** Accurate to the minute. */
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
}

/** Neither a key of a user nor a token has this format, so none is ever taken for another. */
const FORM = /^amp_op_[A-Za-z0-9_-]{43}$/;

/** Creates a key. The raw key is returned only here, since only its digest is stored. */
export async function createOperatorKey(
  { pool }: { pool: pg.Pool },
  { name, expiresAt = null }: { name: string; expiresAt?: Date | null },
): Promise<OperatorKey & { operatorKey: string }> {
  const operatorKey = `amp_op_${randomBytes(32).toString("base64url")}`;
  return await transaction(pool, async (tx) => {
    const prefix = operatorKey.slice(0, 10);
    const row = await insertOperatorKey.one(tx, [newId(), name, digestKey(operatorKey), prefix, expiresAt]);
    if (row === undefined) throw new Error("The operator key was not stored");
    const data = { name, expiresAt: expiresAt?.toISOString() ?? null };
    await recordAudit(tx, BY_INSTANCE, { userId: null, action: "operator_key.created", target: row.id, data });
    return { ...toOperatorKey(row), operatorKey };
  });
}

/** The newest first; revoked and expired ones too. */
export async function listOperatorKeys({ pool }: { pool: pg.Pool }): Promise<OperatorKey[]> {
  return (await selectKeys.all(pool)).map(toOperatorKey);
}

/** Ends a key from the next request on. Throws NOT_FOUND. */
export async function revokeOperatorKey({ pool }: { pool: pg.Pool }, id: string): Promise<OperatorKey> {
  return await transaction(pool, async (tx) => {
    const row = await endKey.one(tx, [id]);
    if (row === undefined) throw new PublicError("NOT_FOUND", "Operator key not found.");
    const data = { name: row.name };
    await recordAudit(tx, BY_INSTANCE, { userId: null, action: "operator_key.revoked", target: id, data });
    return toOperatorKey(row);
  });
}

/** The ID of a raw key that works; null if it is unknown, revoked or expired. Reads the table every time. */
export async function findOperator({ pool }: { pool: pg.Pool }, operatorKey: string): Promise<string | null> {
  if (!FORM.test(operatorKey)) return null;
  const row = await findOperatorKey.one(pool, [digestKey(operatorKey)]);
  // Nobody waits for this, and a failure only leaves an older time.
  if (row?.unseen === true) void touchOperatorKey.run(pool, [row.id]).catch(() => undefined);
  return row?.id ?? null;
}

function toOperatorKey(row: OperatorKeyRow): OperatorKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
