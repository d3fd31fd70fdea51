import { statement } from "../sql.ts";

export interface OperatorKeyRow {
  id: string;
  name: string;
  prefix: string;
  created_at: Date;
  last_used_at: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

const columns = "id, name, prefix, created_at, last_used_at, expires_at, revoked_at";

/** A key that works; `unseen` if its last use was recorded more than a minute ago. */
export const findOperatorKey = statement<{ id: string; unseen: boolean }, [digest: Buffer]>(
  "operator_keys.find",
  `select id, (last_used_at is null or last_used_at < now() - interval '1 minute') as unseen
   from operator_keys where digest = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
);

export const touchOperatorKey = statement<never, [id: string]>(
  "operator_keys.touch",
  `update operator_keys set last_used_at = now() where id = $1`,
);

export const insertOperatorKey = statement<
  OperatorKeyRow,
  [id: string, name: string, digest: Buffer, prefix: string, expiresAt: Date | null]
>(
  "operator_keys.insert",
  `insert into operator_keys (id, name, digest, prefix, expires_at) values ($1, $2, $3, $4, $5) returning ${columns}`,
);

/** The newest first; revoked and expired ones too. */
export const listOperatorKeys = statement<OperatorKeyRow, []>(
  "operator_keys.list",
  `select ${columns} from operator_keys order by created_at desc, id desc`,
);

/** A key that is already revoked keeps its time; no row if there is none. */
export const revokeOperatorKey = statement<OperatorKeyRow, [id: string]>(
  "operator_keys.revoke",
  `update operator_keys set revoked_at = coalesce(revoked_at, now()) where id = $1 returning ${columns}`,
);
