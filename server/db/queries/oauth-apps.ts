import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { matched, together } from "../batches.ts";
import { statement } from "../sql.ts";

export interface OAuthAppRow {
  id: string;
  client_id: string;
  client_secret_sealed: string;
  redirect_uri: string;
  scopes: string[] | null;
  config_id: string | null;
}

const columns = "id, client_id, client_secret_sealed, redirect_uri, scopes, config_id";

/** The instance's own app. */
export const findInstanceApp = statement<OAuthAppRow, [mode: Mode, platform: PlatformName]>(
  "oauth_apps.find_instance",
  `select ${columns} from oauth_apps where user_id is null and mode = $1 and platform = $2 and removed_at is null`,
);

/** The app that something was connected with, removed or not. */
export const findAppById = statement<OAuthAppRow, [id: string, mode: Mode]>(
  "oauth_apps.find",
  `select ${columns} from oauth_apps where id = $1 and mode = $2`,
);

/** The same for those that are asked for at the same time. */
export const findAppTogether = together<{ id: string; mode: Mode }, OAuthAppRow>(async (pool, apps) => {
  const rows = await findApps.all(pool, [apps.map(({ id }) => id), apps.map(({ mode }) => mode)]);
  const keyOf = ({ id, mode }: { id: string; mode: Mode }) => `${id} ${mode}`;
  return matched(apps, keyOf, rows, keyOf);
});

const findApps = statement<OAuthAppRow & { mode: Mode }, [ids: string[], modes: Mode[]]>(
  "oauth_apps.find_many",
  `select ${columns}, mode from oauth_apps
   where id = any($1::uuid[]) and (id, mode) in (select * from unnest($1::uuid[], $2::text[]))`,
);

/** The set's own app. */
export const findAppOfSet = statement<OAuthAppRow, [setId: string, platform: PlatformName, userId: string, mode: Mode]>(
  "oauth_apps.find_of_set",
  `select ${columns} from oauth_apps where platform_set_id = $1 and platform = $2 and user_id = $3 and mode = $4
     and removed_at is null`,
);

/** The user's own app, for sets without one. */
export const findAppOfUser = statement<OAuthAppRow, [platform: PlatformName, userId: string, mode: Mode]>(
  "oauth_apps.find_of_user",
  `select ${columns} from oauth_apps where platform_set_id is null and platform = $1 and user_id = $2 and mode = $3
     and removed_at is null`,
);

/**
 * The newest live apps of users and their platform sets for each platform, for the operator; `total` counts all. Without
 * `set_name`, an app is for all of its user's sets. `owner` is an email address, or an ID if there is none.
 */
export const listLiveOwnApps = statement<
  OAuthAppRow & { platform: PlatformName; set_name: string | null; owner: string; total: number },
  [perPlatform: number]
>(
  "oauth_apps.list_live_own",
  `select ${columns}, platform, set_name, owner, total from (
     select a.*, s.name as set_name, coalesce(u.email, u.id::text) as owner,
       row_number() over (partition by platform order by a.created_at desc, a.id) as place,
       (count(*) over (partition by platform))::int as total
     from oauth_apps a join users u on u.id = a.user_id left join platform_sets s on s.id = a.platform_set_id
     where a.mode = 'live' and a.removed_at is null
   ) as listed where place <= $1 order by platform, place`,
);

export interface AppOfSetRow {
  id: string;
  platform: PlatformName;
  mode: Mode;
  client_id: string;
  redirect_uri: string;
  scopes: string[] | null;
  config_id: string | null;
  created_at: Date;
}

/** Without secrets; one row of nulls for a set without apps, none if there is no such set. */
export const listAppsOfSet = statement<
  AppOfSetRow | { [Column in keyof AppOfSetRow]: null },
  [setId: string, userId: string, mode: Mode]
>(
  "oauth_apps.list_of_set",
  `select a.id, a.platform, a.mode, a.client_id, a.redirect_uri, a.scopes, a.config_id, a.created_at
   from platform_sets s left join oauth_apps a on a.platform_set_id = s.id and a.user_id = s.user_id and a.mode = s.mode
     and a.removed_at is null
   where s.id = $1 and s.user_id = $2 and s.mode = $3 order by a.platform`,
);

/** Without secrets. */
export const listAppsOfUser = statement<AppOfSetRow, [userId: string, mode: Mode]>(
  "oauth_apps.list_of_user",
  `select id, platform, mode, client_id, redirect_uri, scopes, config_id, created_at from oauth_apps
   where platform_set_id is null and user_id = $1 and mode = $2 and removed_at is null order by platform`,
);

/** The same app with another secret, and what it asks for from now on. */
export const changeApp = statement<
  never,
  [id: string, sealedSecret: string, scopes: readonly string[] | null, configId: string | null]
>("oauth_apps.change", `update oauth_apps set client_secret_sealed = $2, scopes = $3, config_id = $4 where id = $1`);

/** Without a set, it is for all of the user's sets. */
export const insertApp = statement<
  never,
  [
    id: string,
    userId: string,
    mode: Mode,
    setId: string | null,
    platform: PlatformName,
    clientId: string,
    sealedSecret: string,
    redirectUri: string,
    scopes: readonly string[] | null,
    configId: string | null,
  ]
>(
  "oauth_apps.insert",
  `insert into oauth_apps (id, user_id, mode, platform_set_id, platform, client_id, client_secret_sealed, redirect_uri,
     scopes, config_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);

/** No new account is connected with it; those that were still use it. */
export const removeAppOfSet = statement<
  { id: string; client_id: string },
  [setId: string, platform: PlatformName, userId: string, mode: Mode]
>(
  "oauth_apps.remove_of_set",
  `update oauth_apps set removed_at = now() where platform_set_id = $1 and platform = $2 and user_id = $3 and mode = $4
     and removed_at is null returning id, client_id`,
);

/** The same for the user's app. */
export const removeAppOfUser = statement<
  { id: string; client_id: string },
  [platform: PlatformName, userId: string, mode: Mode]
>(
  "oauth_apps.remove_of_user",
  `update oauth_apps set removed_at = now() where platform_set_id is null and platform = $1 and user_id = $2
     and mode = $3 and removed_at is null returning id, client_id`,
);

/**
 * Apps that were removed or replaced, once no connection depends on them, and nothing is stored whose deletion a person
 * could ask for through them.
 */
export const deletePastApps = statement<never, [days: number, limit: number]>(
  "oauth_apps.delete_past",
  `delete from oauth_apps where id in (
     select o.id from oauth_apps o where o.removed_at < now() - make_interval(days => $1)
       and not exists (select from connections c where c.oauth_app_id = o.id)
       and not exists (select from accounts a where a.granted_through = o.id and a.granted_by is not null)
       and not exists (select from oauth_attempts a where a.oauth_app_id = o.id) limit $2)`,
);

/** No new account is connected with it; those that were still use it. */
export const removeInstanceApp = statement<never, [mode: Mode, platform: PlatformName]>(
  "oauth_apps.remove_instance",
  `update oauth_apps set removed_at = now() where user_id is null and mode = $1 and platform = $2
     and removed_at is null`,
);

/** No row if there is one. */
export const insertInstanceApp = statement<
  { id: string },
  [id: string, mode: Mode, platform: PlatformName, clientId: string, sealedSecret: string, redirectUri: string]
>(
  "oauth_apps.insert_instance",
  `insert into oauth_apps (id, mode, platform, client_id, client_secret_sealed, redirect_uri)
   values ($1, $2, $3, $4, $5, $6)
   on conflict (mode, platform) where user_id is null and removed_at is null do nothing returning id`,
);
