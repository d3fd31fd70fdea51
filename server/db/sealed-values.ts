import { statement } from "./sql.ts";

/**
 * Every column that holds what the vault has sealed. A value's place is (table, id, column), so the id is the one that
 * it was sealed for. What is sealed in jobs is not among them: a job is done, and gone, before an old key is dropped.
 */
export const SEALED_COLUMNS = [
  { table: "connections", id: "account_id", idType: "uuid", column: "access_token_sealed" },
  { table: "connections", id: "account_id", idType: "uuid", column: "refresh_token_sealed" },
  { table: "oauth_apps", id: "id", idType: "uuid", column: "client_secret_sealed" },
  { table: "oauth_attempts", id: "id", idType: "uuid", column: "code_verifier_sealed" },
  { table: "oauth_attempts", id: "id", idType: "uuid", column: "granted_sealed" },
  { table: "webhooks", id: "id", idType: "uuid", column: "secret_sealed" },
  { table: "webhooks", id: "id", idType: "uuid", column: "old_secret_sealed" },
  { table: "instance", id: "name", idType: "text", column: "value" },
] as const;

export interface SealedValue {
  id: string;
  value: string;
}

/** The statements of a re-sealing, for each column. Those that look at all users' rows give nothing of them back but to be sealed again. */
export const sealedColumns = SEALED_COLUMNS.map(({ table, id, idType, column }) => ({
  table,
  column,
  /** ($1 id of the key that seals, $2 the last id of the batch before or null, $3 how many): held, but for what others hold. */
  hold: statement<SealedValue>(
    `${table}.hold_sealed_${column}`,
    `select ${id}::text as id, ${column} as value from ${table}
     where ${column} like 'v1.%' and split_part(${column}, '.', 2) <> $1 and ($2::${idType} is null or ${id} > $2::${idType})
     order by ${id} limit $3 for update skip locked`,
  ),
  /** ($1 id, $2 the value sealed anew): of a row that is held. */
  replace: statement(`${table}.replace_sealed_${column}`, `update ${table} set ${column} = $2 where ${id} = $1::${idType}`),
  /** How many values each key has sealed. */
  countByKey: statement<{ key_id: string; count: number }>(
    `${table}.count_sealed_${column}`,
    `select split_part(${column}, '.', 2) as key_id, count(*)::int as count from ${table} where ${column} like 'v1.%' group by 1`,
  ),
}));
