import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";
import type { KeyHolderRow } from "./api-keys.ts";

/** The kinds of tokens a grant's client can have. */
export type McpTokenKind = "code" | "refresh" | "access";

/** A code or refresh token; the token identifies the owner. */
export interface McpTokenRow {
  grant_id: string;
  user_id: string;
  mode: Mode;
  client_id: string;
  redirect_uri: string | null;
  code_challenge: string | null;
  used_at: Date | null;
}

/** For how long the second use of a token is noticed. A token that is older does not work either. */
const REMEMBERED_DAYS = 7;

const mine = "k.id = t.grant_id and k.user_id = t.user_id and k.mode = t.mode";
const alive = "k.revoked_at is null and (k.expires_at is null or k.expires_at > now())";
const columns = "t.grant_id, t.user_id, t.mode, k.client_id, t.redirect_uri, t.code_challenge, t.used_at";

export const insertMcpToken = statement<
  never,
  [
    digest: Buffer,
    grantId: string,
    userId: string,
    mode: Mode,
    kind: string,
    lifetimeSeconds: number,
    redirectUri: string | null,
    codeChallenge: string | null,
  ]
>(
  "mcp_tokens.insert",
  `insert into mcp_tokens (digest, grant_id, user_id, mode, kind, expires_at, redirect_uri, code_challenge)
   values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), $7, $8)`,
);

/** Uses up a token; no row if it is invalid or already used, or its user is suspended. */
export const useMcpToken = statement<McpTokenRow, [digest: Buffer, kind: string]>(
  "mcp_tokens.use",
  `update mcp_tokens t set used_at = now(), expires_at = now() + interval '${REMEMBERED_DAYS} days' from api_keys k
   where t.digest = $1 and t.kind = $2 and t.used_at is null and t.expires_at > now() and ${mine} and ${alive}
     and not exists (select from users u where u.id = t.user_id and u.suspended_at is not null)
   returning ${columns}`,
);

/** A token, whatever its state. */
export const findMcpToken = statement<McpTokenRow & { kind: McpTokenKind }, [digest: Buffer]>(
  "mcp_tokens.find",
  `select ${columns}, t.kind from mcp_tokens t join api_keys k on ${mine} where t.digest = $1`,
);

export const deleteMcpToken = statement<never, [digest: Buffer, userId: string, mode: Mode]>(
  "mcp_tokens.delete",
  `delete from mcp_tokens where digest = $1 and user_id = $2 and mode = $3`,
);

/** Whom an access token speaks for, while it and its grant live. */
export const findTokenHolder = statement<KeyHolderRow, [digest: Buffer]>(
  "mcp_tokens.find_holder",
  `select k.id, k.user_id, k.mode, k.policies, u.suspended_at is not null as suspended,
     (k.last_used_at is null or k.last_used_at < now() - interval '1 minute') as unseen,
     extract(epoch from least(t.expires_at, k.expires_at) - clock_timestamp())::float8 as seconds_left
   from mcp_tokens t join api_keys k on ${mine} join users u on u.id = k.user_id
   where t.digest = $1 and t.kind = 'access' and t.expires_at > now() and ${alive}`,
);

export const deleteOldMcpTokens = statement<never, [limit: number]>(
  "mcp_tokens.delete_old",
  `delete from mcp_tokens where digest in (select digest from mcp_tokens where expires_at < now() order by expires_at
     limit $1)`,
);
