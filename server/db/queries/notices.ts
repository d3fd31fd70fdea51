import type { PlatformPostError } from "../../../model/errors.ts";
import type { EventType } from "../../../model/events.ts";
import type { NotificationKind } from "../../../model/notifications.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PostStatus } from "../../../model/status.ts";
import { statement } from "../sql.ts";
import { isDisconnected } from "./accounts.ts";
import { isFor, isWanted, peopleOf } from "./notification-settings.ts";
import { waitingPosts } from "./post-approvals.ts";

/** Events that people may want to be told. An account that its user disconnected has no `tokenHealth`. */
const TOLD: readonly (readonly [EventType, NotificationKind])[] = [
  ["platform_post.failed", "failed"],
  ["post.missed", "failed"],
  ["platform_post.unknown", "unknown"],
  ["account.expiring", "accountAccess"],
  ["account.disconnected", "accountAccess"],
];

/** Of these rows of the outbox, those that anybody wants to be told are noted, in the same statement. */
export function notedEvents(rows: string): string {
  const kinds = TOLD.map(([type, kind]) => `('${type}', '${kind}')`).join(", ");
  return `insert into notices (user_id, mode, kind, type, post_id, platform_post_id, account_id, data)
     select e.user_id, e.mode, k.kind, e.type, e.post_id, e.platform_post_id, e.account_id, e.data
     from ${rows} e join (values ${kinds}) as k(type, kind) on k.type = e.type
     where (e.type <> 'account.disconnected' or e.data ? 'tokenHealth') and ${isWanted("e.user_id", "e.mode", "k.kind")}
     order by e.id`;
}

/** What has waited for this long, with everything of its kind. */
export const listDueNotices = statement<
  { user_id: string; mode: Mode; kind: NotificationKind },
  [waitSeconds: number, most: number]
>(
  "notices.list_due",
  `select user_id, mode, kind from notices group by user_id, mode, kind
   having min(created_at) <= now() - make_interval(secs => $1) order by min(created_at) limit $2`,
);

/**
 * Requests for approval of posts that no longer wait for it, decisions that no longer hold, and those of a post that has
 * a later one.
 */
export const dropSettledNotices = statement<never, [userId: string, mode: Mode]>(
  "notices.drop_settled",
  `delete from notices n where n.user_id = $1 and n.mode = $2 and n.kind in ('approval', 'decided') and (
     exists (select from notices l
       where l.user_id = $1 and l.mode = $2 and l.kind = n.kind and l.post_id = n.post_id and l.id > n.id)
     or n.kind = 'approval'
       and not exists (select ${waitingPosts} and p.id = n.post_id and p.user_id = $1 and p.mode = $2)
     or n.kind = 'decided' and not exists (
       select from posts p
         left join post_approvals a on a.post_id = p.id and a.user_id = p.user_id and a.mode = p.mode
       where p.id = n.post_id and p.user_id = $1 and p.mode = $2 and case
         when n.type = 'post.sent_back' then a.reason is not null and p.status in ('draft', 'partial', 'failed')
         when p.status in ('draft', 'partial', 'failed') then a.content_hash is not null
         else p.status <> 'discarded' end))`,
);

export interface NoticeRow {
  /** Who is told. */
  person_id: string;
  email: string;
  type: EventType | "approval";
  data: Record<string, unknown>;
  post_id: string | null;
  text: string | null;
  status: PostStatus | null;
  scheduled_for: Date | null;
  /** Why the post was sent back; null if it was not. */
  reason: string | null;
  /** That of the platform post or account; otherwise those of the post. */
  platforms: PlatformName[];
  /** Of the platform post. */
  error: Pick<PlatformPostError, "message" | "action"> | null;
  /** Whether the post waits for an account that is no longer connected. */
  is_disconnected: boolean;
  account_name: string | null;
  /** How many the person is told, of which these are the first. */
  total: number;
}

/**
 * Takes everything of a kind; what is told of them is told by this transaction. None if they have not waited enough.
 * Each of the people who are to be told now has rows of their own, the first `most`.
 */
export const takeNotices = statement<
  NoticeRow,
  [userId: string, mode: Mode, kind: NotificationKind, waitSeconds: number, most: number]
>(
  "notices.take",
  `with taken as (
     delete from notices n where n.user_id = $1 and n.mode = $2 and n.kind = $3 and exists (
       select from notices d where d.user_id = $1 and d.mode = $2 and d.kind = $3
         and d.created_at <= now() - make_interval(secs => $4))
     returning n.id, n.type, n.data, n.post_id, n.platform_post_id, n.account_id, n.actor_id, n.member_id
   ), told as (
     select t.*, u.id as person_id, u.email, count(*) over (partition by u.id)::int as total,
       row_number() over (partition by u.id order by t.id) as place
     from taken t
       join ${peopleOf("$1", "$2")} r on r.kind = $3 and r.is_wanted and ${isFor("r", "t.actor_id", "t.member_id")}
       join users u on u.id = r.person_id and u.email is not null
   )
   select t.person_id, t.email, t.type, t.data, t.post_id, left(p.content ->> 'text', 300) as text, p.status, p.scheduled_for, d.reason,
     case when coalesce(pp.platform, a.platform) is null then coalesce(p.platforms, '{}')
       else array[coalesce(pp.platform, a.platform)] end as platforms,
     pp.error, exists (select from platform_posts b where b.post_id = p.id and b.user_id = $1 and b.mode = $2
       and ${isDisconnected("b")}) as is_disconnected,
     coalesce(a.username, a.display_name, a.platform_account_id) as account_name, t.total
   from told t
     left join posts p on p.id = t.post_id and p.user_id = $1 and p.mode = $2
     left join post_approvals d on d.post_id = t.post_id and d.user_id = $1 and d.mode = $2
     left join platform_posts pp on pp.id = t.platform_post_id and pp.user_id = $1 and pp.mode = $2
     left join accounts a on a.id = t.account_id and a.user_id = $1 and a.mode = $2
   where t.place <= $5 order by t.person_id, t.id`,
);
