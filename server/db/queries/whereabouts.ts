import { statement } from "../sql.ts";
import { isLeaving } from "./moves.ts";

/** Whether tenants of this cell are in no tables at the moment, and nothing is known of what they have. */
export const isAnyonePacked = statement<{ found: boolean }, []>(
  "moves.is_anyone_packed",
  `select exists (select from moves where state = 'packed') as found`,
);

/**
 * Whose something is that a request has, by hashes of secrets in the two forms in which they are stored, by public IDs
 * or by an email address. A row for each that this cell has; without a user, it is the operator's.
 */
export const findWhereabouts = statement<
  { leaving: boolean },
  [
    digests: readonly Buffer[],
    digestTexts: readonly string[],
    uuids: readonly string[],
    texts: readonly string[],
    email: string | null,
  ]
>(
  "moves.find_whereabouts",
  `select ${isLeaving("found.user_id")} as leaving from (
     select user_id from api_keys where digest = any ($1)
     union all select user_id from mcp_tokens where digest = any ($1)
     union all select null from operator_keys where digest = any ($1)
     union all select user_id from connect_links where token_digest = any ($1)
     union all select user_id from oauth_attempts where state_digest = any ($1)
     union all select user_id from sessions where token_digest = any ($2)
     union all select user_id from member_invites where token_digest = any ($2)
     union all select null from invites where token_digest = any ($2)
     union all select value from verifications where identifier = any ($2)
     -- Platforms read files of what is being published until the end.
     union all select null from media where id = any ($3)
     union all select user_id from oauth_attempts where id = any ($3)
     union all select id from users where id = any ($4)
     union all select null from data_deletions where code = any ($4)
     union all select id from users where lower(email) = lower($5)
   ) as found`,
);
