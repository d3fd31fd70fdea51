import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { AccountKey } from "../../../model/tenant.ts";
import { matched, together } from "../batches.ts";
import { statement } from "../sql.ts";
import type { AccountRow } from "./accounts.ts";

/** The grant behind an account. Tokens are sealed; their place is (connections, account id, column). */
export interface ConnectionRow {
  account_id: string;
  user_id: string;
  mode: Mode;
  platform: PlatformName;
  platform_account_id: string;
  /** The granted scopes; empty if the platform does not return them. */
  scopes: string[];
  /** The way it was signed in: '' or one of the platform's other logins. */
  login: string;
  /** Null: the instance's own app. */
  oauth_app_id: string | null;
  /** Whose entire grant to the app this is part of, if revoking removes all of it. */
  grantor_id: string | null;
  access_token_sealed: string;
  refresh_token_sealed: string | null;
  user_token_sealed: string | null;
  access_token_expires_at: Date | null;
  refresh_token_expires_at: Date | null;
  issued_at: Date;
  /** Seconds, by the database's clock. */
  age_seconds: number;
  seconds_left: number | null;
  refresh_seconds_left: number | null;
  user_token_seconds_left: number | null;
  data_access_seconds_left: number | null;
  token_health: AccountRow["token_health"];
}

const read = `select c.account_id, c.user_id, c.mode, a.platform, a.platform_account_id, a.scopes, c.login,
      c.oauth_app_id, c.grantor_id, c.access_token_sealed, c.refresh_token_sealed, c.user_token_sealed, a.token_health,
  c.access_token_expires_at, c.refresh_token_expires_at, c.issued_at,
  extract(epoch from clock_timestamp() - c.issued_at)::float8 as age_seconds,
  extract(epoch from c.access_token_expires_at - clock_timestamp())::float8 as seconds_left,
  extract(epoch from c.refresh_token_expires_at - clock_timestamp())::float8 as refresh_seconds_left,
  extract(epoch from c.user_token_expires_at - clock_timestamp())::float8 as user_token_seconds_left,
  extract(epoch from c.data_access_expires_at - clock_timestamp())::float8 as data_access_seconds_left
  from connections c join accounts a on a.id = c.account_id`;

const readOne = `${read} where c.account_id = $1 and c.user_id = $2 and c.mode = $3 and a.status = 'active'`;

export const findConnection = statement<ConnectionRow, [accountId: string, userId: string, mode: Mode]>(
  "connections.find",
  readOne,
);

/** The same for accounts that are asked for at the same time. */
export const findConnectionTogether = together<AccountKey, ConnectionRow>(async (pool, accounts) => {
  const rows = await findConnections.all(pool, [
    accounts.map(({ accountId }) => accountId),
    accounts.map(({ userId }) => userId),
    accounts.map(({ mode }) => mode),
  ]);
  return matched(
    accounts,
    ({ accountId, userId, mode }) => `${accountId} ${userId} ${mode}`,
    rows,
    (row) => `${row.account_id} ${row.user_id} ${row.mode}`,
  );
});

const findConnections = statement<ConnectionRow, [accountIds: string[], userIds: string[], modes: Mode[]]>(
  "connections.find_many",
  `${read} where c.account_id = any($1::uuid[]) and a.status = 'active'
     and (c.account_id, c.user_id, c.mode) in (select * from unnest($1::uuid[], $2::text[], $3::text[]))`,
);

/** The same, holding the row. */
export const lockConnection = statement<ConnectionRow, [accountId: string, userId: string, mode: Mode]>(
  "connections.lock",
  `${readOne} for update of c`,
);

/** If a platform does not send a refresh token again, the old one is kept, and the user's token if that is asked. */
export const saveConnection = statement<
  never,
  [
    accountId: string,
    userId: string,
    mode: Mode,
    sealedAccessToken: string,
    sealedRefreshToken: string | null,
    lifetimeSeconds: number | null,
    refreshLifetimeSeconds: number | null,
    sealedUserToken: string | null,
    userTokenLifetimeSeconds: number | null,
    keepsUserToken: boolean,
  ]
>(
  "connections.save",
  `insert into connections (account_id, user_id, mode, access_token_sealed, refresh_token_sealed,
     access_token_expires_at, refresh_token_expires_at, user_token_sealed, user_token_expires_at)
   values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), now() + make_interval(secs => $7), $8,
     now() + make_interval(secs => $9))
   on conflict (account_id) do update set
     access_token_sealed = excluded.access_token_sealed,
     refresh_token_sealed = coalesce(excluded.refresh_token_sealed, connections.refresh_token_sealed),
     access_token_expires_at = excluded.access_token_expires_at,
     refresh_token_expires_at = case when excluded.refresh_token_sealed is null
       then connections.refresh_token_expires_at else excluded.refresh_token_expires_at end,
     user_token_sealed = case when $10 then connections.user_token_sealed else excluded.user_token_sealed end,
     user_token_expires_at = case when $10
       then connections.user_token_expires_at else excluded.user_token_expires_at end,
     issued_at = now(), renewing_by = null, renewing_until = null`,
);

/** How the connection was created, and by whom as the app knows them. */
export const saveConnectionSource = statement<
  never,
  [
    accountId: string,
    userId: string,
    mode: Mode,
    login: string | null,
    appId: string | null,
    grantor: string | null,
    person: string | null,
    dataAccessEndsAt: Date | null,
  ]
>(
  "connections.save_source",
  `with known as (
     update accounts set granted_by = $7, granted_login = coalesce($4, ''), granted_through = $5
     where id = $1 and user_id = $2 and mode = $3
   )
   update connections set login = $4, oauth_app_id = $5, grantor_id = $6, data_access_expires_at = $8
   where account_id = $1 and user_id = $2 and mode = $3`,
);

/** What the platform says again about the person who granted access. */
export const saveGrantor = statement<
  never,
  [accountId: string, userId: string, mode: Mode, issuedAt: Date, person: string | null, dataAccessEndsAt: Date | null]
>(
  "connections.save_grantor",
  `with changed as (
     update connections set data_access_expires_at = $6
     where account_id = $1 and user_id = $2 and mode = $3 and issued_at = $4
     returning account_id, oauth_app_id
   )
   update accounts a set granted_by = coalesce($5, a.granted_by), granted_through = changed.oauth_app_id
   from changed where a.id = changed.account_id`,
);

/** A platform's active account in a set. Stays the same while the set is locked. */
export const findActiveAccount = statement<
  {
    id: string;
    platform_account_id: string;
    username: string | null;
    display_name: string | null;
  },
  [setId: string, platform: PlatformName, userId: string, mode: Mode]
>(
  "accounts.find_active",
  `select id, platform_account_id, username, display_name from accounts
   where platform_set_id = $1 and platform = $2 and user_id = $3 and mode = $4 and status = 'active'`,
);

/** The same account as it was connected here before. */
export const findFormerAccount = statement<
  { id: string },
  [setId: string, platform: PlatformName, userId: string, mode: Mode, platformAccountId: string]
>(
  "accounts.find_former",
  `select id from accounts where platform_set_id = $1 and platform = $2 and user_id = $3 and mode = $4
     and platform_account_id = $5 and status = 'revoked'
   order by connected_at desc limit 1`,
);

/** The connected accounts that are to be disconnected together. */
export const listConnected = statement<
  { account_id: string; mode: Mode },
  [userId: string, mode: Mode | null, setId: string | null]
>(
  "connections.list",
  `select c.account_id, c.mode from connections c join accounts a on a.id = c.account_id
   where c.user_id = $1 and ($2::text is null or c.mode = $2) and ($3::uuid is null or a.platform_set_id = $3)
     and a.status = 'active' order by c.account_id`,
);

/**
 * Whether any user's connection depends on the same grant: the same account, or the same person, through the same app.
 * Nothing else about other users' data is revealed.
 */
export const findSharedGrant = statement<
  { account_id: string },
  [mode: Mode, platform: PlatformName, platformAccountId: string, appId: string | null, grantor: string | null]
>(
  "connections.find_shared_grant",
  `with alike as (
     select a.id from accounts a where a.platform = $2 and a.platform_account_id = $3 and a.status = 'active'
     union all
     select c.account_id from connections c where c.grantor_id = $5
   )
   select c.account_id from alike join connections c on c.account_id = alike.id
   join accounts a on a.id = c.account_id and a.status = 'active'
   where c.mode = $1 and c.oauth_app_id is not distinct from $4 limit 1`,
);

/** Locks the set, so that it is neither deleted nor connected twice in the meantime. */
export const lockSet = statement<{ id: string }, [setId: string, userId: string, mode: Mode]>(
  "platform_sets.lock",
  `select id from platform_sets where id = $1 and user_id = $2 and mode = $3 for update`,
);

/** The account stays readable by its id; its grant is forgotten. */
export const revokeAccount = statement<never, [accountId: string, userId: string, mode: Mode, reason: string]>(
  "accounts.revoke",
  `with forgotten as (delete from connections where account_id = $1 and user_id = $2 and mode = $3)
   update accounts set status = 'revoked', token_health = 'revoked', token_health_reason = $4, updated_at = now()
   where id = $1 and user_id = $2 and mode = $3`,
);

export const saveAccount = statement<
  never,
  [
    id: string,
    userId: string,
    mode: Mode,
    setId: string,
    platform: PlatformName,
    platformAccountId: string,
    username: string | null,
    displayName: string | null,
    avatar: string | null,
    scopes: readonly string[],
    metadata: object,
  ]
>(
  "accounts.save",
  `insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id, username, display_name,
     avatar_url, scopes, platform_metadata)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
   on conflict (id) do update set status = 'active', username = excluded.username, display_name = excluded.display_name,
     avatar_url = excluded.avatar_url,
     scopes = excluded.scopes, platform_metadata = excluded.platform_metadata,
     token_health = 'healthy', token_health_reason = null,
     connected_at = now(), updated_at = now()`,
);

/** Refreshed with a working token; what is not returned again is kept. */
export const saveProfile = statement<
  never,
  [
    accountId: string,
    userId: string,
    mode: Mode,
    username: string | null,
    displayName: string | null,
    avatar: string | null,
    metadata: object,
  ]
>(
  "accounts.save_profile",
  `update accounts set username = coalesce($4, username), display_name = coalesce($5, display_name),
     avatar_url = coalesce($6, avatar_url), platform_metadata = platform_metadata || $7::jsonb,
     updated_at = now()
   where id = $1 and user_id = $2 and mode = $3 and status = 'active'`,
);
