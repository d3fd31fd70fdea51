import { statement } from "../sql.ts";

/** The field of a checkpoint that contains encrypted data. */
export const SEALED_MEMBER = "engine:sealed";

/**
 * Every column with encrypted data, or whose `member` has it. A value's place is (table, id, column), so the ID is the
 * one it was encrypted for; a copy's is that of the original. Encrypted data in jobs is not included: a job is done,
 * and gone, before an old key is removed.
 */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: "connections", id: "account_id", idType: "uuid", column: "access_token_sealed" },
  { table: "connections", id: "account_id", idType: "uuid", column: "refresh_token_sealed" },
  { table: "connections", id: "account_id", idType: "uuid", column: "user_token_sealed" },
  { table: "oauth_apps", id: "id", idType: "uuid", column: "client_secret_sealed" },
  { table: "oauth_attempts", id: "id", idType: "uuid", column: "code_verifier_sealed" },
  { table: "oauth_attempts", id: "id", idType: "uuid", column: "granted_sealed" },
  { table: "webhooks", id: "id", idType: "uuid", column: "secret_sealed" },
  { table: "webhooks", id: "id", idType: "uuid", column: "old_secret_sealed" },
  { table: "webhook_deliveries", id: "id", idType: "uuid", column: "payload_sealed" },
  { table: "instance", id: "name", idType: "text", column: "value" },
  { table: "platform_posts", id: "id", idType: "uuid", column: "checkpoint", member: SEALED_MEMBER },
  {
    table: "publish_steps",
    id: "id",
    idType: "uuid",
    column: "checkpoint",
    member: SEALED_MEMBER,
    copyOf: { table: "platform_posts", id: "platform_post_id" },
  },
];

interface SealedColumn {
  table: string;
  id: string;
  idType: "uuid" | "text";
  column: string;
  member?: string;
  copyOf?: { table: string; id: string };
}

export interface SealedValue {
  id: string;
  value: string;
  /** The row it was sealed for. */
  row: string;
}

/**
 * The statements for re-encrypting each column. Those that read all users' rows return only what must be re-encrypted.
 */
export const sealedColumns = SEALED_COLUMNS.map(({ table, id, idType, column, member, copyOf }) => {
  const value = member === undefined ? column : `${column} ->> '${member}'`;
  return {
    table,
    column,
    sealedIn: copyOf?.table ?? table,
    /** Locks a batch of rows encrypted with another key, skipping locked ones. */
    hold: statement<SealedValue, [sealingKeyId: string, afterId: string | null, limit: number]>(
      `${table}.hold_sealed_${column}`,
      `select ${id}::text as id, ${value} as value, ${copyOf?.id ?? id}::text as row from ${table}
       where ${value} like 'v1.%' and split_part(${value}, '.', 2) <> $1
         and ($2::${idType} is null or ${id} > $2::${idType})
       order by ${id} limit $3 for update skip locked`,
    ),
    /** The row must be locked. */
    replace: statement<never, [id: string, sealed: string]>(
      `${table}.replace_sealed_${column}`,
      `update ${table} set ${column} = ${
        member === undefined ? "$2" : `jsonb_set(${column}, '{${member}}', to_jsonb($2::text))`
      } where ${id} = $1::${idType}`,
    ),
    /** How many values each key has sealed. */
    countByKey: statement<{ key_id: string; count: number }, []>(
      `${table}.count_sealed_${column}`,
      `select split_part(${value}, '.', 2) as key_id, count(*)::int as count from ${table} where ${value} like 'v1.%'
       group by 1`,
    ),
  };
});
