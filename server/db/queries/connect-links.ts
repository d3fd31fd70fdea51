import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { ConnectLinkStatus } from "../../../model/status.ts";
import { statement } from "../sql.ts";

export interface ConnectLinkRow {
  id: string;
  user_id: string;
  mode: Mode;
  platform_set_id: string;
  platform: PlatformName | null;
  external_id: string | null;
  return_url: string;
  account_id: string | null;
  /** What it has connected, one on each platform, until it expires; null if it works once. */
  account_ids: string[] | null;
  created_at: Date;
  expires_at: Date;
  status: ConnectLinkStatus;
}

const columns = `l.id, l.user_id, l.mode, l.platform_set_id, l.platform, l.external_id, l.return_url, l.account_id,
  l.account_ids, l.created_at, l.expires_at,
  case when l.connected_at is not null then 'connected'
    when l.revoked_at is not null
      or not exists (
        select from platform_sets s where s.id = l.platform_set_id and s.user_id = l.user_id and s.mode = l.mode)
      then 'revoked'
    when l.expires_at <= now() then 'expired' else 'pending' end as status`;

/** Those that can still be used. */
export const countPendingLinks = statement<{ count: number }, [userId: string, mode: Mode]>(
  "connect_links.count_pending",
  `select count(*)::int as count from connect_links
   where user_id = $1 and mode = $2 and connected_at is null and revoked_at is null and expires_at > now()`,
);

/** Links that ended long ago, or before many others; not while someone is using one. */
export const deleteEndedLinks = statement<never, [days: number, mostOfUser: number, limit: number]>(
  "connect_links.delete_ended",
  `delete from connect_links where id in (
     select id from (
       select id, least(coalesce(connected_at, expires_at), coalesce(revoked_at, expires_at), expires_at) as ended_at,
         row_number() over (partition by user_id, mode order by id desc) as place
       from connect_links where connected_at is not null or revoked_at is not null or expires_at < now()) as past
     where (ended_at < now() - make_interval(days => $1) or place > $2)
       and not exists (select from oauth_attempts a where a.connect_link_id = past.id) limit $3)`,
);

export const insertConnectLink = statement<
  ConnectLinkRow,
  [
    id: string,
    userId: string,
    mode: Mode,
    tokenDigest: Buffer,
    setId: string,
    platform: PlatformName | null,
    externalId: string | null,
    returnUrl: string | null,
    lifetimeSeconds: number,
    isForSeveral: boolean,
  ]
>(
  "connect_links.insert",
  `with l as (
     insert into connect_links (id, user_id, mode, token_digest, platform_set_id, platform, external_id, return_url,
       expires_at, account_ids)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9),
       case when $10 then '{}'::uuid[] end) returning *
   ) select ${columns} from l`,
);

export const findConnectLink = statement<ConnectLinkRow, [id: string | null, userId: string, mode: Mode]>(
  "connect_links.find",
  `select ${columns} from connect_links l where l.id = $1 and l.user_id = $2 and l.mode = $3`,
);

const owner = `u.name as user_name, u.suspended_at is not null as suspended, u.branding`;

/** Whose link it is, as the person who opens it sees them. */
export interface LinkOwner {
  user_name: string;
  suspended: boolean;
  branding: unknown;
}

/** The token identifies the owner. */
export const findConnectLinkByToken = statement<ConnectLinkRow & LinkOwner, [tokenDigest: Buffer]>(
  "connect_links.find_by_token",
  `select ${columns}, ${owner} from connect_links l join users u on u.id = l.user_id where l.token_digest = $1`,
);

/** The link it was started with, how, and what it connected. */
export const findConnectLinkByAuthorization = statement<
  ConnectLinkRow &
    LinkOwner & { attempt_platform: PlatformName; attempt_login: string; attempt_account_id: string | null },
  [attemptId: string, binding: Buffer]
>(
  "connect_links.find_by_authorization",
  `select ${columns}, ${owner}, a.platform as attempt_platform, a.login as attempt_login,
     a.account_id as attempt_account_id
   from oauth_attempts a join connect_links l on l.id = a.connect_link_id and l.user_id = a.user_id and l.mode = a.mode
     join users u on u.id = l.user_id
   where a.id = $1 and a.binding = $2`,
);

const matching = `from (select ${columns} from connect_links l where l.user_id = $1 and l.mode = $2
      and ($4::text is null or l.external_id = $4)) l
  where $3::text is null or l.status = $3`;

/** The newest first. */
export const listConnectLinks = statement<
  ConnectLinkRow,
  [userId: string, mode: Mode, status: string | null, externalId: string | null, limit: number, offset: number]
>("connect_links.list", `select l.* ${matching} order by l.id desc limit $5 offset $6`);

export const countConnectLinks = statement<
  { count: number },
  [userId: string, mode: Mode, status: string | null, externalId: string | null]
>("connect_links.count", `select count(*)::int as count ${matching}`);

/** One that was already used or revoked stays as it is. */
export const revokeConnectLink = statement<never, [id: string, userId: string, mode: Mode]>(
  "connect_links.revoke",
  `update connect_links set revoked_at = now() where id = $1 and user_id = $2 and mode = $3 and connected_at is null
     and revoked_at is null`,
);

/**
 * Uses up the link, or the platform's part of one for several; no row if that was already used, or the link is revoked.
 * One that expired during the platform's sign-in is still valid.
 */
export const claimConnectLink = statement<
  { external_id: string | null },
  [id: string, userId: string, mode: Mode, platform: PlatformName]
>(
  "connect_links.claim",
  `update connect_links l set connected_at = case when account_ids is null then now() end
   where id = $1 and user_id = $2 and mode = $3 and connected_at is null and revoked_at is null
     and not exists (
       select from accounts a
       where a.id = any(l.account_ids) and a.user_id = l.user_id and a.mode = l.mode and a.platform = $4)
   returning external_id`,
);

/** Records the account connected by a claimed link, which then has the link's external ID. */
export const settleConnectLink = statement<never, [id: string, userId: string, mode: Mode, accountId: string]>(
  "connect_links.settle",
  `with settled as (
     update connect_links set account_id = $4, account_ids = case when account_ids is not null then account_ids || $4::uuid end
     where id = $1 and user_id = $2 and mode = $3 returning external_id
   )
   update accounts set external_id = settled.external_id from settled
   where accounts.id = $4 and accounts.user_id = $2 and accounts.mode = $3`,
);
