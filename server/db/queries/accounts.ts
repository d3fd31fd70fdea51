import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PostingTimes } from "../../../model/posting-times.ts";
import { statement } from "../sql.ts";
import { isPaused } from "./pauses.ts";

export interface AccountRow {
  id: string;
  mode: Mode;
  platform: PlatformName;
  platform_set_id: string;
  platform_account_id: string;
  /** The app that it was connected with; null: the instance's. */
  oauth_app_id: string | null;
  username: string | null;
  display_name: string | null;
  avatar_url: string | null;
  status: "active" | "revoked";
  scopes: string[];
  token_health: "healthy" | "expiring" | "expired" | "revoked" | "reconnect_required";
  token_health_reason: string | null;
  platform_metadata: Record<string, unknown>;
  external_id: string | null;
  connected_at: Date;
  /** Null if there is no grant. */
  login: string | null;
  access_token_expires_at: Date | null;
  refresh_token_expires_at: Date | null;
  /** When the platform ends the app's access to the person's data, whatever the token's end. */
  data_access_expires_at: Date | null;
  has_refresh_token: boolean;
  renewal_refused: boolean;
}

const select = `select a.id, a.mode, a.platform, a.platform_set_id, a.platform_account_id, c.oauth_app_id, a.username,
    a.display_name, a.avatar_url, a.status, a.scopes, a.token_health, a.token_health_reason, a.platform_metadata, a.external_id,
    a.connected_at, c.login, c.access_token_expires_at, c.refresh_token_expires_at, c.data_access_expires_at,
    c.refresh_token_sealed is not null as has_refresh_token,
    coalesce(c.renewal_refused_at > c.issued_at, false) as renewal_refused
  from accounts a left join connections c on c.account_id = a.id and c.user_id = a.user_id and c.mode = a.mode`;

/** The active ones. */
export const listAccounts = statement<
  AccountRow,
  [userId: string, mode: Mode, platform: PlatformName | null, setId: string | null]
>(
  "accounts.list",
  `${select} where a.user_id = $1 and a.mode = $2 and a.status = 'active'
     and ($3::text is null or a.platform = $3) and ($4::uuid is null or a.platform_set_id = $4)
   order by a.connected_at, a.id`,
);

/** All names under which posts of test keys can appear in the sandbox, connected or not. */
export const listSandboxAccounts = statement<Pick<AccountRow, "platform" | "platform_account_id">, [userId: string]>(
  "accounts.list_sandbox",
  `select distinct platform, platform_account_id from accounts
   where mode = 'test' and (user_id = $1 or user_id in (select m.user_id from members m where m.member_id = $1))`,
);

/** The newest accounts of each platform in live mode, of all users, for the operator; `total` counts the others too. */
export const listLiveAccounts = statement<
  Pick<AccountRow, "id" | "platform" | "platform_account_id" | "username" | "display_name"> & {
    user_id: string;
    total: number;
  },
  [perPlatform: number]
>(
  "accounts.list_live",
  `select id, user_id, platform, platform_account_id, username, display_name, total from (
     select a.*, row_number() over (partition by platform order by connected_at desc, id) as place,
       (count(*) over (partition by platform))::int as total
     from accounts a where a.mode = 'live' and a.status = 'active'
   ) as listed where place <= $1 order by platform, place`,
);

/** In a statement: whether the platform post `part` waits for an account that is no longer connected. */
export function isDisconnected(part: string): string {
  return `(${part}.status = 'pending'
     and exists (select from accounts bound where bound.id = ${part}.account_id and bound.status <> 'active'))`;
}

/** Active or not. */
export const findAccount = statement<AccountRow, [id: string, userId: string, mode: Mode]>(
  "accounts.find",
  `${select} where a.id = $1 and a.user_id = $2 and a.mode = $3`,
);

/** The posting times of an account, active or not, and those of its set, which it follows without own ones. */
export const findTimesOfAccount = statement<
  Pick<AccountRow, "platform" | "platform_set_id"> & { own_times: PostingTimes | null; set_times: PostingTimes | null },
  [id: string, userId: string, mode: Mode]
>(
  "accounts.find_times",
  `select a.platform, a.platform_set_id, a.posting_times as own_times, s.posting_times as set_times
   from accounts a
     left join platform_sets s on s.id = a.platform_set_id and s.user_id = a.user_id and s.mode = a.mode
   where a.id = $1 and a.user_id = $2 and a.mode = $3`,
);

export const saveTimesOfAccount = statement<
  Pick<AccountRow, "id">,
  [id: string, userId: string, mode: Mode, postingTimes: PostingTimes | null]
>(
  "accounts.save_times",
  `update accounts set posting_times = $4, updated_at = now() where id = $1 and user_id = $2 and mode = $3
   returning id`,
);

/** A set's active account, as validation needs it. */
export interface SetAccountRow {
  id: string;
  platform: PlatformName;
  platform_account_id: string;
  /** The app that it was connected with; null: the instance's. */
  oauth_app_id: string | null;
  scopes: string[];
  platform_metadata: Record<string, unknown>;
  access_token_expires_at: Date | null;
  refresh_token_expires_at: Date | null;
  data_access_expires_at: Date | null;
  has_refresh_token: boolean;
  renewal_refused: boolean;
  is_paused: boolean;
}

const setWithAccounts = `platform_sets s
     left join accounts a on a.platform_set_id = s.id and a.user_id = s.user_id and a.mode = s.mode
       and a.status = 'active'
     left join connections c on c.account_id = a.id and c.user_id = a.user_id and c.mode = a.mode`;

/** Changes with everything that `findSetWithAccounts` reads of an account of the set. */
const version = `concat_ws(' ', s.xmin, a.xmin, c.xmin, ${isPaused("s", "a.id")})`;

/** In a statement: whether nothing of the set has changed since its versions were read. */
export function isSetUnchanged(set: string, user: string, mode: string, versions: string): string {
  return `${versions} = array(select ${version} from ${setWithAccounts}
     where s.id = ${set} and s.user_id = ${user} and s.mode = ${mode} order by a.id)`;
}

/** By account. One row for a set without accounts (with null account columns), none if there is no such set. */
export const findSetWithAccounts = statement<
  { set_id: string; version: string } & (SetAccountRow | { [Column in keyof SetAccountRow]: null }),
  [setId: string, userId: string, mode: Mode]
>(
  "platform_sets.find_with_accounts",
  `select s.id as set_id, ${version} as version, a.id, a.platform, a.platform_account_id, c.oauth_app_id, a.scopes, a.platform_metadata, c.access_token_expires_at,
     c.refresh_token_expires_at, c.data_access_expires_at, c.refresh_token_sealed is not null as has_refresh_token,
     coalesce(c.renewal_refused_at > c.issued_at, false) as renewal_refused,
     ${isPaused("s", "a.id")} as is_paused
   from ${setWithAccounts}
   where s.id = $1 and s.user_id = $2 and s.mode = $3 order by a.id`,
);

/** Whether a platform has been used in live mode. */
export const readLiveUse = statement<{ connected: boolean; published: boolean }, [platform: PlatformName]>(
  "accounts.read_live_use",
  `select exists (select from accounts where mode = 'live' and platform = $1 and status = 'active') as connected,
     exists (select from platform_posts where mode = 'live' and platform = $1 and status = 'published') as published`,
);
