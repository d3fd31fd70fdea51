import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { statement } from "./sql.ts";

/** A sign-in at a platform that somebody has begun. What is sealed has its place at (oauth_attempts, id, column). */
export interface OAuthAttemptRow {
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
  is_over: boolean;
  used_at: Date | null;
  /** How long ago the platform sent the person back, by the database's clock. */
  used_seconds_ago: number | null;
  granted_sealed: string | null;
  account_id: string | null;
}

const columns = `id, user_id, mode, platform_set_id, platform, login, oauth_app_id, redirect_uri, binding, code_verifier_sealed, return_to,
  connect_link_id, expires_at <= clock_timestamp() as is_over, used_at,
  extract(epoch from clock_timestamp() - used_at)::float8 as used_seconds_ago, granted_sealed, account_id`;

/**
 * ($1 id, $2 digest of the state, $3 user, $4 mode, $5 set, $6 platform, $7 login, $8 app or null, $9 redirect URI, $10 binding,
 * $11 sealed code verifier, $12 return path, $13 connect link or null, $14 lifetime in seconds): nothing where the set is not theirs.
 */
export const insertAttempt = statement<{ id: string }>(
  "oauth_attempts.insert",
  `insert into oauth_attempts (id, state_digest, user_id, mode, platform_set_id, platform, login, oauth_app_id, redirect_uri, binding, code_verifier_sealed, return_to, connect_link_id, expires_at)
   select $1, $2, s.user_id, s.mode, s.id, $6, $7, $8, $9, $10, $11, $12, $13, now() + make_interval(secs => $14)
   from platform_sets s where s.id = $5 and s.user_id = $3 and s.mode = $4 returning id`,
);

/** ($1 digest of the state, $2 bindings of the browser): the attempt, to whoever comes first and from the right browser; once. */
export const useAttempt = statement<OAuthAttemptRow>(
  "oauth_attempts.use",
  `update oauth_attempts set used_at = now() where state_digest = $1 and binding = any($2::bytea[]) and used_at is null and expires_at > now() returning ${columns}`,
);

/** ($1 digest of the state): to say why it was not to be had. */
export const findAttemptByState = statement<OAuthAttemptRow>(
  "oauth_attempts.find_by_state",
  `select ${columns} from oauth_attempts where state_digest = $1`,
);

/** ($1 id, $2 sealed grants, $3 seconds to choose in): what the person has to choose from. */
export const keepGranted = statement(
  "oauth_attempts.keep_granted",
  `update oauth_attempts set granted_sealed = $2, expires_at = now() + make_interval(secs => $3) where id = $1 and used_at is not null and account_id is null`,
);

/** ($1 id, $2 bindings of the browser): while there is something to choose, or it has been chosen. */
export const findChoosing = statement<OAuthAttemptRow>(
  "oauth_attempts.find_choosing",
  `select ${columns} from oauth_attempts where id = $1 and binding = any($2::bytea[]) and (granted_sealed is not null and expires_at > now() or account_id is not null)`,
);

/** ($1 id, $2 account): it has come to its end; nothing where it had already. */
export const settleAttempt = statement<{ id: string }>(
  "oauth_attempts.settle",
  `update oauth_attempts set account_id = $2, granted_sealed = null where id = $1 and account_id is null returning id`,
);

/** ($1 id): there is nothing to choose from any more. Answers the account that has come of it, if one has. */
export const dropGranted = statement<{ account_id: string | null }>(
  "oauth_attempts.drop_granted",
  `update oauth_attempts set granted_sealed = null where id = $1 returning account_id`,
);

/** ($1 how many): attempts that nobody can go on with. */
export const deleteOldAttempts = statement(
  "oauth_attempts.delete_old",
  `delete from oauth_attempts where id in (select id from oauth_attempts where created_at < now() - interval '1 day' limit $1)`,
);

/** ($1 how many): grants that nobody has chosen from in time. */
export const dropOldGranted = statement(
  "oauth_attempts.drop_old_granted",
  `update oauth_attempts set granted_sealed = null where id in (select id from oauth_attempts where granted_sealed is not null and expires_at < now() limit $1)`,
);
