import type { Mode } from "../../../model/platform-names.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";

/** How long a claim holds without being renewed: that of a process that died is free again then. */
export const CLAIM_SECONDS = 10;

/**
 * A row if the key is now ours. Claims whose holder died, and results of writes without a post older than 30 days,
 * release the key.
 */
export const claimKey = statement<
  { claim: string },
  [userId: string, mode: Mode, key: string, operation: string, requestHash: string, claimId: string]
>(
  "idempotency_keys.claim",
  `insert into idempotency_keys as k (user_id, mode, key, operation, request_hash, claim, claimed_until)
   values ($1, $2, $3, $4, $5, $6, now() + interval '${CLAIM_SECONDS} seconds')
   on conflict (user_id, mode, key) do update set operation = excluded.operation, request_hash = excluded.request_hash,
     claim = excluded.claim,
     claimed_until = excluded.claimed_until, status = null, body = null, headers = null, post_id = null,
     created_at = now()
   where (k.status is null and k.claimed_until < now())
     or (k.status is not null and k.post_id is null and k.created_at < now() - interval '30 days')
   returning claim`,
);

export interface KeyRow {
  operation: string;
  request_hash: string;
  status: number | null;
  body: unknown;
  headers: Record<string, string> | null;
  post_id: string | null;
  seconds_left: number;
}

export const findKey = statement<KeyRow, [userId: string, mode: Mode, key: string]>(
  "idempotency_keys.find",
  `select operation, request_hash, status, body, headers, post_id,
     greatest(1, ceil(extract(epoch from claimed_until - now())))::int as seconds_left
   from idempotency_keys where user_id = $1 and mode = $2 and key = $3`,
);

/** The holder lives. */
export const renewClaim = statement<never, [userId: string, mode: Mode, key: string, claimId: string]>(
  "idempotency_keys.renew",
  `update idempotency_keys set claimed_until = now() + interval '${CLAIM_SECONDS} seconds'
   where user_id = $1 and mode = $2 and key = $3 and claim = $4 and status is null`,
);

/** The request was rejected, or failed. */
export const freeClaim = statement<never, [userId: string, mode: Mode, key: string, claimId: string]>(
  "idempotency_keys.free",
  `delete from idempotency_keys where user_id = $1 and mode = $2 and key = $3 and claim = $4 and status is null`,
);

/** No row if the claim was lost. */
export const storeAnswer = statement<
  never,
  [
    userId: string,
    mode: Mode,
    key: string,
    claimId: string,
    status: number,
    body: Json,
    headers: object,
    postId: string | null,
  ]
>(
  "idempotency_keys.store_answer",
  `update idempotency_keys set status = $5, body = $6::json, headers = $7, post_id = $8
   where user_id = $1 and mode = $2 and key = $3 and claim = $4`,
);
