import type { Mode } from "../../../model/platform-names.ts";
import { CHANNELS } from "../listen.ts";
import { notify } from "../notify.ts";
import { type Db, statement } from "../sql.ts";

export interface ApiKeyRow {
  id: string;
  user_id: string;
  mode: Mode;
  name: string;
  /** Null of a grant, for which there is no raw key. */
  prefix: string | null;
  /** The MCP client that a grant is for; null of a key. */
  client_id: string | null;
  /** As it was stored; members of later versions are missing from earlier rows. */
  policies: unknown;
  created_at: Date;
  last_used_at: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  /** The key that it was rolled to; null if it was not rolled. */
  replaced_by: string | null;
}

const columns =
  "id, user_id, mode, name, prefix, client_id, policies, created_at, last_used_at, expires_at, revoked_at, replaced_by";

/** Whom a key acts for. `unseen`: its last use was recorded more than a minute ago. */
export interface KeyHolderRow {
  id: string;
  user_id: string;
  mode: Mode;
  policies: unknown;
  /** Whether the user is suspended. */
  suspended: boolean;
  unseen: boolean;
  /** When it expires; null if it does not. */
  seconds_left: number | null;
}

/** The holder of a key that is neither revoked nor expired. */
export const findKeyHolder = statement<KeyHolderRow, [digest: Buffer]>(
  "api_keys.find_holder",
  `select k.id, k.user_id, k.mode, k.policies, u.suspended_at is not null as suspended,
     (k.last_used_at is null or k.last_used_at < now() - interval '1 minute') as unseen,
     extract(epoch from k.expires_at - clock_timestamp())::float8 as seconds_left
   from api_keys k join users u on u.id = k.user_id
   where k.digest = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
);

/** The policies of a key or grant that is neither revoked nor expired, and whether its user is suspended. */
export const findActiveKey = statement<
  Pick<KeyHolderRow, "policies" | "suspended">,
  [id: string, userId: string, mode: Mode]
>(
  "api_keys.find_active",
  `select k.policies, u.suspended_at is not null as suspended
   from api_keys k join users u on u.id = k.user_id
   where k.id = $1 and k.user_id = $2 and k.mode = $3
     and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
);

export const touchKey = statement<never, [id: string]>(
  "api_keys.touch",
  `update api_keys set last_used_at = now() where id = $1`,
);

export const insertApiKey = statement<
  ApiKeyRow,
  [
    id: string,
    userId: string,
    mode: Mode,
    name: string,
    digest: Buffer,
    prefix: string,
    expiresAt: Date | null,
    policies: object,
  ]
>(
  "api_keys.insert",
  `insert into api_keys (id, user_id, mode, name, digest, prefix, expires_at, policies)
   values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
);

/** No row if it already exists. */
export const insertGrant = statement<
  Pick<ApiKeyRow, "id">,
  [
    id: string,
    userId: string,
    mode: Mode,
    name: string,
    clientId: string,
    policies: object | null,
    secondsToBegin: number,
  ]
>(
  "api_keys.insert_grant",
  `insert into api_keys (id, user_id, mode, name, client_id, policies, expires_at)
   values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
   on conflict (id) do nothing returning id`,
);

/** It lives for so long from now on. */
export const extendGrant = statement<never, [grantId: string, userId: string, mode: Mode, seconds: number]>(
  "api_keys.extend_grant",
  `update api_keys set expires_at = now() + make_interval(secs => $4)
   where id = $1 and user_id = $2 and mode = $3 and client_id is not null`,
);

/**
 * Grants whose client never fetched its code. A fetched grant lasts for months (`extendGrant`). They are kept while
 * the page that created them could be answered again.
 */
export const deleteUnredeemedGrants = statement<never, [limit: number]>(
  "api_keys.delete_unredeemed_grants",
  `delete from api_keys where id in (select id from api_keys
     where client_id is not null and expires_at < now() - interval '1 hour'
       and expires_at < created_at + interval '1 day' limit $1)`,
);

/** Keys and grants that ended long ago, or before many others of the user. */
export const deleteEndedKeys = statement<never, [days: number, mostOfUser: number, limit: number]>(
  "api_keys.delete_ended",
  `delete from api_keys where id in (
     select id from (
       select id, coalesce(revoked_at, expires_at) as ended_at,
         row_number() over (partition by user_id order by coalesce(revoked_at, expires_at) desc) as place
       from api_keys where revoked_at is not null or expires_at < now()) as past
     where ended_at < now() - make_interval(days => $1) or place > $2 limit $3)`,
);

/** Keys and grants that work. */
export const countActiveKeys = statement<{ count: number }, [userId: string]>(
  "api_keys.count_active",
  `select count(*)::int as count from api_keys where user_id = $1 and revoked_at is null
     and (expires_at is null or expires_at > now())`,
);

export const listKeys = statement<ApiKeyRow, [userId: string]>(
  "api_keys.list",
  `select ${columns} from api_keys where user_id = $1 order by created_at desc, id desc`,
);

export const findApiKey = statement<ApiKeyRow, [id: string, userId: string]>(
  "api_keys.find",
  `select ${columns} from api_keys where id = $1 and user_id = $2`,
);

/** Revokes it, and notifies every process; undefined if it is already revoked. */
export async function revokeKey(db: Db, id: string, userId: string): Promise<ApiKeyRow | undefined> {
  const revoked = await setRevoked.one(db, [id, userId]);
  if (revoked !== undefined) notify(db, CHANNELS.keys, id);
  return revoked;
}

const setRevoked = statement<ApiKeyRow, [id: string, userId: string]>(
  "api_keys.revoke",
  `update api_keys set revoked_at = now() where id = $1 and user_id = $2 and revoked_at is null returning ${columns}`,
);

/**
 * Another key replaces it: it expires after so long, unless it does so earlier, and every process is notified.
 * Undefined if another has replaced it already.
 */
export async function replaceKey(
  db: Db,
  id: string,
  userId: string,
  by: { keyId: string; seconds: number },
): Promise<{ expires_at: Date } | undefined> {
  const replaced = await setReplaced.one(db, [id, userId, by.keyId, by.seconds]);
  if (replaced !== undefined) notify(db, CHANNELS.keys, id);
  return replaced;
}

const setReplaced = statement<{ expires_at: Date }, [id: string, userId: string, replacedBy: string, seconds: number]>(
  "api_keys.replace",
  `update api_keys set replaced_by = $3, expires_at = least(expires_at, now() + make_interval(secs => $4))
   where id = $1 and user_id = $2 and replaced_by is null returning expires_at`,
);

/** Counts one more post of the key today; no row if that would exceed its limit. */
export const countPostOfKey = statement<
  { posts_today: number },
  [id: string | null, userId: string, mode: Mode, postsDay: number]
>(
  "api_keys.count_post",
  `update api_keys set posts_day = (now() at time zone 'UTC')::date,
     posts_today = case when posts_day = (now() at time zone 'UTC')::date then posts_today + 1 else 1 end
   where id = $1 and user_id = $2 and mode = $3
     and (posts_day is distinct from (now() at time zone 'UTC')::date or posts_today < $4)
   returning posts_today`,
);
