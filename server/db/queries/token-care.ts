import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";
import type { AccountRow } from "./accounts.ts";

/** Renewing grants: jobs that process all users' accounts in limited batches, and their changes to single ones. */

export interface DueAccount {
  account_id: string;
  user_id: string;
  mode: Mode;
  platform: PlatformName;
}

/** Between 0 and 1: the same for an account in every process. The last digits of its ID are random. */
const jitter = "(('x' || right(a.id::text, 7))::bit(28)::int / 268435456.0)";

/**
 * Takes connections that are due for renewal, which no other process then gets. They are due up to a tenth before the
 * platform's `after`. One that was not renewed is due again after 2 minutes, then twice as long and so on, up to a day;
 * after the platform's rejection, after a day. Accounts that are thought to have lost access are no exception, so that a
 * wrong verdict does not let them expire.
 */
export const takeDueRenewals = statement<DueAccount & { due_age_seconds: number }, [rules: Json, limit: number]>(
  "connections.take_due_renewals",
  `with rules as (
     select * from jsonb_to_recordset($1::jsonb)
       as r(platform text, min_age float8, after float8, needs_refresh_token boolean)
   ), due as (
     select c.account_id, a.platform, greatest(r.min_age, r.after * (1 - ${jitter} / 10)) as due_age,
       case when c.renewal_tried_at > c.issued_at then c.renewal_tries else 0 end as tries
     from connections c join accounts a on a.id = c.account_id join rules r on r.platform = a.platform
     where a.status = 'active'
       and (c.refresh_token_sealed is not null or not r.needs_refresh_token)
       and extract(epoch from now() - c.issued_at) >= greatest(r.min_age, r.after * (1 - ${jitter} / 10))
       and (c.renewal_tried_at is null or c.renewal_tried_at < c.issued_at
         or c.renewal_tried_at < now() - make_interval(secs =>
           case when c.renewal_refused_at > c.issued_at then 86400
             else least(120 * power(2, c.renewal_tries - 1), r.after, 86400) end))
     order by c.access_token_expires_at limit $2 for update of c skip locked
   )
   update connections c set renewal_tried_at = now(), renewal_tries = least(due.tries + 1, 20)
   from due where c.account_id = due.account_id
   returning c.account_id, c.user_id, c.mode, due.platform, due.due_age::float8 as due_age_seconds`,
);

/**
 * A row for the process that may now ask the platform to renew this grant. A renewal that did not complete in time is
 * marked as lost, and `lost_seconds` says how long ago that first happened.
 */
export const claimRenewal = statement<
  { lost_seconds: number | null },
  [accountId: string, userId: string, mode: Mode, issuedAt: Date, renewalId: string, seconds: number]
>(
  "connections.claim_renewal",
  `update connections c set renewing_by = $5, renewing_until = now() + make_interval(secs => $6),
     renewal_lost_at = case when c.renewing_by is null or c.renewal_lost_at > c.issued_at
       then c.renewal_lost_at else now() end
   where c.account_id = $1 and c.user_id = $2 and c.mode = $3 and c.issued_at = $4
     and (c.renewing_until is null or c.renewing_until <= now())
   returning case when c.renewal_lost_at > c.issued_at
     then extract(epoch from now() - c.renewal_lost_at)::float8 end as lost_seconds`,
);

/** It failed. */
export const endRenewal = statement<
  never,
  [accountId: string, userId: string, mode: Mode, renewalId: string, answerLost: boolean]
>(
  "connections.end_renewal",
  `update connections set renewing_by = null, renewing_until = null,
     renewal_lost_at = case when $5 and (renewal_lost_at is null or renewal_lost_at <= issued_at)
       then now() else renewal_lost_at end
   where account_id = $1 and user_id = $2 and mode = $3 and renewing_by = $4`,
);

/** The platform no longer renews this grant. */
export const refuseRenewal = statement<never, [accountId: string, userId: string, mode: Mode, issuedAt: Date]>(
  "connections.refuse_renewal",
  `update connections set renewal_refused_at = now()
   where account_id = $1 and user_id = $2 and mode = $3 and issued_at = $4`,
);

/**
 * Takes accounts whose profile should be refreshed, also those that are thought to have lost access: this shows if they
 * have not. They are due up to a tenth early, so that they spread out.
 */
export const takeDueProfiles = statement<DueAccount, [rules: Json, limit: number]>(
  "accounts.take_due_profiles",
  `with rules as (select * from jsonb_to_recordset($1::jsonb) as r(platform text, every float8)), due as (
     select a.id from accounts a join rules r on r.platform = a.platform
     where a.status = 'active'
       and greatest(a.profile_read_at, a.connected_at) < now() - make_interval(secs => r.every * (1 - ${jitter} / 10))
     order by greatest(a.profile_read_at, a.connected_at) limit $2 for update of a skip locked
   )
   update accounts a set profile_read_at = now() from due where a.id = due.id
   returning a.id as account_id, a.user_id, a.mode, a.platform`,
);

/** How long a grant lasts, as far as known. */
export interface GrantLifeRow {
  access_token_expires_at: Date | null;
  refresh_token_expires_at: Date | null;
  data_access_expires_at: Date | null;
  has_refresh_token: boolean;
  renewal_refused: boolean;
}

const life = `c.access_token_expires_at, c.refresh_token_expires_at, c.data_access_expires_at,
  c.refresh_token_sealed is not null as has_refresh_token,
  coalesce(c.renewal_refused_at > c.issued_at, false) as renewal_refused`;

export interface EndingRow extends DueAccount, GrantLifeRow {
  login: string;
  platform_account_id: string;
  username: string | null;
  token_health: AccountRow["token_health"];
  token_health_reason: string | null;
  /** The database's clock. */
  now: Date;
}

/** Connections with something that expires within 7 days; of those thought to have lost access, only what has not yet. */
export const listEnding = statement<EndingRow, [afterAccountId: string | null, limit: number]>(
  "connections.list_ending",
  `select a.id as account_id, a.user_id, a.mode, a.platform, c.login, a.platform_account_id, a.username,
     a.token_health, a.token_health_reason, ${life}, now()
   from connections c join accounts a on a.id = c.account_id
   where a.status = 'active'
     and least(c.access_token_expires_at, c.refresh_token_expires_at, c.data_access_expires_at)
       < now() + interval '7 days'
     and (a.token_health in ('healthy', 'expiring')
       or greatest(c.access_token_expires_at, c.refresh_token_expires_at, c.data_access_expires_at) > now())
     and ($1::uuid is null or a.id > $1)
   order by a.id limit $2`,
);

export const findGrantLife = statement<
  GrantLifeRow & { now: Date; platform: PlatformName },
  [accountId: string, userId: string, mode: Mode]
>(
  "connections.find_life",
  `select ${life}, clock_timestamp() as now, a.platform from connections c join accounts a on a.id = c.account_id
   where c.account_id = $1 and c.user_id = $2 and c.mode = $3`,
);

/**
 * One row for the first process to warn of this expiry this many days ahead. An expiry that moves by less than a day,
 * as with each renewal, is the same.
 */
export const takeWarning = statement<
  { id: string },
  [accountId: string, userId: string, mode: Mode, endsAt: Date, daysAhead: number]
>(
  "accounts.take_warning",
  `update accounts set warned_end = $4, warned_days = $5
   where id = $1 and user_id = $2 and mode = $3 and status = 'active'
     and (warned_end is null or abs(extract(epoch from warned_end - $4)) >= 86400 or warned_days > $5)
   returning id`,
);

/** How many posts are scheduled for after it. */
export const countScheduledPast = statement<
  { count: number },
  [accountId: string, userId: string, mode: Mode, moment: Date]
>(
  "platform_posts.count_scheduled_past",
  `select count(*)::int as count from platform_posts
   where account_id = $1 and user_id = $2 and mode = $3 and status = 'pending' and lane = 'prepare'
     and next_action_at is not null and due_at > $4`,
);

/** Returns the previous health if it has changed. With `keepsEnd`, it does not if access is thought to have ended. */
export const changeTokenHealth = statement<
  {
    was: AccountRow["token_health"];
    platform: PlatformName;
    platform_account_id: string;
    username: string | null;
  },
  [
    accountId: string,
    userId: string,
    mode: Mode,
    health: string,
    reason: string | null,
    issuedAt: Date | null,
    keepsEnd: boolean,
  ]
>(
  "accounts.change_token_health",
  `with held as (
     select a.id, a.token_health from accounts a
     where a.id = $1 and a.user_id = $2 and a.mode = $3 and a.status = 'active'
       and (not $7 or a.token_health in ('healthy', 'expiring'))
       and ($6::timestamptz is null
         or exists (select from connections c where c.account_id = a.id and c.issued_at = $6)) for update
   )
   update accounts a set token_health = $4, token_health_reason = $5, updated_at = now() from held
   where a.id = held.id and (a.token_health, a.token_health_reason) is distinct from ($4::text, $5::text)
   returning held.token_health as was, a.platform, a.platform_account_id, a.username`,
);
