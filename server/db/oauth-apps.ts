import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { statement } from "./sql.ts";

export interface OAuthAppRow {
  id: string;
  client_id: string;
  client_secret_sealed: string;
  redirect_uri: string;
}

const columns = "id, client_id, client_secret_sealed, redirect_uri";

/** ($1 mode, $2 platform): the instance's own app. */
export const findInstanceApp = statement<OAuthAppRow>(
  "oauth_apps.find_instance",
  `select ${columns} from oauth_apps where user_id is null and mode = $1 and platform = $2 and removed_at is null`,
);

/** ($1 id, $2 mode): the app that something was connected with, removed or not. */
export const findAppById = statement<OAuthAppRow>(
  "oauth_apps.find",
  `select ${columns} from oauth_apps where id = $1 and mode = $2`,
);

/** ($1 set, $2 platform, $3 user, $4 mode): the set's own app. */
export const findAppOfSet = statement<OAuthAppRow>(
  "oauth_apps.find_of_set",
  `select ${columns} from oauth_apps where platform_set_id = $1 and platform = $2 and user_id = $3 and mode = $4 and removed_at is null`,
);

export interface AppOfSetRow {
  platform: PlatformName;
  mode: Mode;
  client_id: string;
  redirect_uri: string;
  created_at: Date;
}

/** ($1 set, $2 user, $3 mode): without the secrets; one row of nulls for a set without apps, none where there is no such set. */
export const listAppsOfSet = statement<AppOfSetRow | { [Column in keyof AppOfSetRow]: null }>(
  "oauth_apps.list_of_set",
  `select a.platform, a.mode, a.client_id, a.redirect_uri, a.created_at
   from platform_sets s left join oauth_apps a on a.platform_set_id = s.id and a.user_id = s.user_id and a.mode = s.mode and a.removed_at is null
   where s.id = $1 and s.user_id = $2 and s.mode = $3 order by a.platform`,
);

/** ($1 id, $2 sealed secret): the same app with another secret. */
export const changeAppSecret = statement(
  "oauth_apps.change_secret",
  `update oauth_apps set client_secret_sealed = $2 where id = $1`,
);

/** ($1 id, $2 user, $3 mode, $4 set, $5 platform, $6 client id, $7 sealed secret, $8 redirect URI) */
export const insertAppOfSet = statement(
  "oauth_apps.insert_of_set",
  `insert into oauth_apps (id, user_id, mode, platform_set_id, platform, client_id, client_secret_sealed, redirect_uri) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

/** ($1 set, $2 platform, $3 user, $4 mode): no new account is connected with it; those that were still use it. */
export const removeAppOfSet = statement<{ id: string; client_id: string }>(
  "oauth_apps.remove_of_set",
  `update oauth_apps set removed_at = now() where platform_set_id = $1 and platform = $2 and user_id = $3 and mode = $4 and removed_at is null returning id, client_id`,
);

/** ($1 days, $2 limit): apps that were taken away or replaced, when nothing lives by them any more. */
export const deletePastApps = statement(
  "oauth_apps.delete_past",
  `delete from oauth_apps where id in (
     select o.id from oauth_apps o where o.removed_at < now() - make_interval(days => $1)
       and not exists (select from connections c where c.oauth_app_id = o.id) and not exists (select from oauth_attempts a where a.oauth_app_id = o.id) limit $2)`,
);

/** ($1 mode, $2 platform): no new account is connected with it; those that were still use it. */
export const removeInstanceApp = statement(
  "oauth_apps.remove_instance",
  `update oauth_apps set removed_at = now() where user_id is null and mode = $1 and platform = $2 and removed_at is null`,
);

/** ($1 id, $2 mode, $3 platform, $4 client id, $5 sealed secret, $6 redirect URI): nothing where there is one. */
export const insertInstanceApp = statement<{ id: string }>(
  "oauth_apps.insert_instance",
  `insert into oauth_apps (id, mode, platform, client_id, client_secret_sealed, redirect_uri) values ($1, $2, $3, $4, $5, $6)
   on conflict (mode, platform) where user_id is null and removed_at is null do nothing returning id`,
);
