import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** Requests of people, through a platform, about what an app stores of them: whoever's account it is. */

/** The login and app through which a person granted access. */
export interface GrantedThrough {
  mode: Mode;
  platform: PlatformName;
  login: string;
  /** Null: the instance's own app. */
  oauth_app_id: string | null;
}

/** By which apps this person is known, or was before their data was deleted. */
export const listAppsOfPerson = statement<GrantedThrough, [personId: string, personDigest: Buffer]>(
  "accounts.list_apps_of_person",
  `select mode, platform, granted_login as login, granted_through as oauth_app_id from accounts where granted_by = $1
   union
   select mode, platform, login, oauth_app_id from data_deletions where person_digest = $2 limit 100`,
);

export interface GrantedAccountRow {
  account_id: string;
  user_id: string;
  mode: Mode;
  platform: PlatformName;
  is_active: boolean;
}

/** The accounts that a person connected through an app before a moment, connected or not. */
export const listGrantedAccounts = statement<
  GrantedAccountRow,
  [personId: string, mode: Mode, platform: PlatformName, login: string, appId: string | null, before: Date]
>(
  "accounts.list_granted",
  `select id as account_id, user_id, mode, platform, status = 'active' as is_active from accounts
   where granted_by = $1 and mode = $2 and platform = $3 and granted_login = $4
     and granted_through is not distinct from $5 and connected_at < $6 order by id`,
);

/** The grants before the accounts, as renewals lock them. */
export const lockGrants = statement<{ account_id: string }, [accountIds: readonly string[]]>(
  "connections.lock_all",
  `select account_id from connections where account_id = any($1::uuid[]) order by account_id for update`,
);

/**
 * Deletes tokens, and what describes accounts: names, pictures, details and their own IDs. Returns those that were not yet
 * deleted. Posts are the tenant's.
 */
export const eraseAccounts = statement<GrantedAccountRow, [accountIds: readonly string[], reason: string]>(
  "accounts.erase",
  `with held as (
     select id, status from accounts where id = any($1::uuid[]) and granted_by is not null order by id for update
   ), forgotten as (
     delete from connections c using held where c.account_id = held.id
   ), events as (
     update outbox o set data = o.data - 'username' - 'platformAccountId' from held where o.account_id = held.id
   )
   update accounts a set status = 'revoked', token_health = 'revoked', token_health_reason = $2,
     platform_account_id = 'deleted-' || a.id, username = null, display_name = null, avatar_url = null, scopes = '{}',
     platform_metadata = '{}', granted_by = null, updated_at = now()
   from held where a.id = held.id
   returning a.id as account_id, a.user_id, a.mode, a.platform, held.status = 'active' as is_active`,
);

export interface DataDeletionRow {
  code: string;
  platform: PlatformName;
  accounts: number;
  deleted_at: Date;
}

export const insertDataDeletion = statement<
  never,
  [
    code: string,
    personDigest: Buffer,
    mode: Mode,
    platform: PlatformName,
    login: string,
    appId: string | null,
    accounts: number,
  ]
>(
  "data_deletions.insert",
  `insert into data_deletions (code, person_digest, mode, platform, login, oauth_app_id, accounts)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);

/** The latest of a person through an app. */
export const findLatestDeletion = statement<
  DataDeletionRow,
  [personDigest: Buffer, mode: Mode, platform: PlatformName, appId: string | null]
>(
  "data_deletions.find_latest",
  `select code, platform, accounts, deleted_at from data_deletions
   where person_digest = $1 and mode = $2 and platform = $3 and oauth_app_id is not distinct from $4
   order by deleted_at desc limit 1`,
);

export const findDeletion = statement<DataDeletionRow, [code: string]>(
  "data_deletions.find",
  `select code, platform, accounts, deleted_at from data_deletions where code = $1`,
);

/** A year is longer than anyone asks. */
export const deleteOldDataDeletions = statement<never, [limit: number]>(
  "data_deletions.delete_old",
  `delete from data_deletions where code in (
     select code from data_deletions where deleted_at < now() - interval '1 year' limit $1)`,
);

/** Requests of one person are handled one at a time. */
export const lockPerson = statement<never, [personDigest: Buffer]>(
  "data_deletions.lock_person",
  `select pg_advisory_xact_lock(hashtext('ampost person'), hashtext(encode($1, 'hex')))`,
);
