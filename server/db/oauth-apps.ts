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
  `select ${columns} from oauth_apps where user_id is null and mode = $1 and platform = $2`,
);

/** ($1 id, $2 mode, $3 platform, $4 client id, $5 sealed secret, $6 redirect URI): replaces the instance's app. */
export const saveInstanceApp = statement(
  "oauth_apps.save_instance",
  `insert into oauth_apps (id, mode, platform, client_id, client_secret_sealed, redirect_uri) values ($1, $2, $3, $4, $5, $6)
   on conflict (mode, platform) where user_id is null
   do update set id = excluded.id, client_id = excluded.client_id, client_secret_sealed = excluded.client_secret_sealed, redirect_uri = excluded.redirect_uri`,
);
