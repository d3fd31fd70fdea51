import type { Mode } from "../../../model/platform-names.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";

/** How long a claim holds without being renewed: that of a process that died is free again then. */
export const CLAIM_SECONDS = 10;

export interface KeyRow {
  operation: string;
  request_hash: string;
  status: number | null;
  body: unknown;
  headers: Record<string, string> | null;
  post_id: string | null;
  seconds_left: number;
}

/** The keys of users, in each mode, and those of operators, whose mode is always live. */
export const idempotencyKeys = {
  user: keysIn("idempotency_keys", "user_id"),
  operator: keysIn("operator_idempotency_keys", "operator_key_id"),
};

function keysIn(table: string, owner: string) {
  return {
    /**
     * A row if the key is now ours. Claims whose holder died, and results of writes without a post older than 30 days,
     * release the key. Its commit does not wait for the disk: that of the work, which comes after it, does for both.
     */
    claim: statement<
      { claim: string },
      [ownerId: string, mode: Mode, key: string, operation: string, requestHash: string, claimId: string]
    >(
      `${table}.claim_key`,
      `insert into ${table} as k (${owner}, mode, key, operation, request_hash, claim, claimed_until)
       select $1, $2, $3, $4, $5, $6::uuid, now() + interval '${CLAIM_SECONDS} seconds'
       where set_config('synchronous_commit', 'off', true) = 'off'
       on conflict (${owner}, mode, key) do update set operation = excluded.operation,
         request_hash = excluded.request_hash, claim = excluded.claim, claimed_until = excluded.claimed_until,
         status = null, body = null, headers = null, post_id = null, created_at = now()
       where (k.status is null and k.claimed_until < now())
         or (k.status is not null and k.post_id is null and k.created_at < now() - interval '30 days')
       returning claim`,
    ),
    find: statement<KeyRow, [ownerId: string, mode: Mode, key: string]>(
      `${table}.find_key`,
      `select operation, request_hash, status, body, headers, post_id,
         greatest(1, ceil(extract(epoch from claimed_until - now())))::int as seconds_left
       from ${table} where ${owner} = $1 and mode = $2 and key = $3`,
    ),
    /** The holder lives. */
    renew: statement<never, [ownerId: string, mode: Mode, key: string, claimId: string]>(
      `${table}.renew_key`,
      `update ${table} set claimed_until = now() + interval '${CLAIM_SECONDS} seconds'
       where ${owner} = $1 and mode = $2 and key = $3 and claim = $4 and status is null`,
    ),
    /** The request was rejected, or failed. */
    free: statement<never, [ownerId: string, mode: Mode, key: string, claimId: string]>(
      `${table}.free_key`,
      `delete from ${table} where ${owner} = $1 and mode = $2 and key = $3 and claim = $4 and status is null`,
    ),
    /** No row if the claim was lost. */
    store: statement<
      never,
      [
        ownerId: string,
        mode: Mode,
        key: string,
        claimId: string,
        status: number,
        body: Json,
        headers: object,
        postId: string | null,
      ]
    >(
      `${table}.store_answer`,
      `update ${table} set status = $5, body = $6::json, headers = $7, post_id = $8
       where ${owner} = $1 and mode = $2 and key = $3 and claim = $4`,
    ),
  };
}
