import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** A platform sign-in in progress. Its encrypted data has its place at (oauth_attempts, id, column). */
export interface AuthorizationRow {
  id: string;
  user_id: string;
  mode: Mode;
  platform_set_id: string;
  platform: PlatformName;
  login: string;
  oauth_app_id: string | null;
  redirect_uri: string;
  binding: Buffer;
  code_verifier_sealed: string | null;
  return_to: string;
  connect_link_id: string | null;
  /** Who answers at the sandbox's consent page; null in live mode. */
  sandbox_person: string | null;
  is_over: boolean;
  used_at: Date | null;
  /** How long ago the platform sent the user back, by the database's clock. */
  used_seconds_ago: number | null;
  granted_sealed: string | null;
  account_id: string | null;
}

const columns = `id, user_id, mode, platform_set_id, platform, login, oauth_app_id, redirect_uri, binding,
  code_verifier_sealed, return_to, connect_link_id, sandbox_person, expires_at <= clock_timestamp() as is_over, used_at,
  extract(epoch from clock_timestamp() - used_at)::float8 as used_seconds_ago, granted_sealed, account_id`;

/** No row if the set is not theirs. */
export const insertAuthorization = statement<
  { id: string },
  [
    id: string,
    stateDigest: Buffer,
    userId: string,
    mode: Mode,
    setId: string,
    platform: PlatformName,
    login: string,
    appId: string | null,
    redirectUri: string,
    binding: Buffer,
    sealedCodeVerifier: string | null,
    returnPath: string,
    connectLinkId: string | null,
    lifetimeSeconds: number,
    sandboxPerson: string | null,
  ]
>(
  "oauth_attempts.insert",
  `insert into oauth_attempts (id, state_digest, user_id, mode, platform_set_id, platform, login, oauth_app_id,
     redirect_uri, binding, code_verifier_sealed, return_to, connect_link_id, expires_at,
     sandbox_person)
   select $1, $2, s.user_id, s.mode, s.id, $6, $7, $8, $9, $10, $11, $12, $13, now() + make_interval(secs => $14), $15
   from platform_sets s where s.id = $5 and s.user_id = $3 and s.mode = $4 returning id`,
);

/** The sign-in, for the first caller from the right browser; once. */
export const consumeAuthorization = statement<AuthorizationRow, [stateDigest: Buffer, bindings: readonly Buffer[]]>(
  "oauth_attempts.consume",
  `update oauth_attempts set used_at = now() where state_digest = $1 and binding = any($2::bytea[]) and used_at is null
     and expires_at > now() returning ${columns}`,
);

/** To explain why it was not available. */
export const findAuthorizationByState = statement<AuthorizationRow, [stateDigest: Buffer]>(
  "oauth_attempts.find_by_state",
  `select ${columns} from oauth_attempts where state_digest = $1`,
);

/** What the user can choose from. */
export const saveGrantedAccounts = statement<never, [id: string, sealedGrants: string, secondsToChoose: number]>(
  "oauth_attempts.save_granted",
  `update oauth_attempts set granted_sealed = $2, expires_at = now() + make_interval(secs => $3)
   where id = $1 and used_at is not null and account_id is null`,
);

/** While there is something to choose, or it has been chosen. */
export const findPendingChoice = statement<AuthorizationRow, [id: string, bindings: readonly Buffer[]]>(
  "oauth_attempts.find_pending_choice",
  `select ${columns} from oauth_attempts where id = $1 and binding = any($2::bytea[])
     and (granted_sealed is not null and expires_at > now() or account_id is not null)`,
);

/** It has ended; no row if it had already. */
export const completeAuthorization = statement<{ id: string }, [id: string, accountId: string]>(
  "oauth_attempts.complete",
  `update oauth_attempts set account_id = $2, granted_sealed = null where id = $1 and account_id is null returning id`,
);

/** Removes the choice. Returns the account that was connected, if any. */
export const deleteGrantedAccounts = statement<{ account_id: string | null }, [id: string]>(
  "oauth_attempts.delete_granted",
  `update oauth_attempts set granted_sealed = null where id = $1 returning account_id`,
);

/** Sign-ins that can no longer be completed. */
export const deleteOldAuthorizations = statement<never, [limit: number]>(
  "oauth_attempts.delete_old",
  `delete from oauth_attempts
   where id in (select id from oauth_attempts where created_at < now() - interval '1 day' limit $1)`,
);

/** Grants whose account was not chosen in time. */
export const deleteExpiredGrantedAccounts = statement<never, [limit: number]>(
  "oauth_attempts.delete_expired_granted",
  `update oauth_attempts set granted_sealed = null
   where id in (select id from oauth_attempts where granted_sealed is not null and expires_at < now() limit $1)`,
);
