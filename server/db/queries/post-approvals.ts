import type { EventType } from "../../../model/events.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { ApprovalState } from "../../../model/status.ts";
import { statement } from "../sql.ts";
import { isWanted } from "./notification-settings.ts";

/** What would be published, and whether a person has approved exactly that or sent it back. */
export interface ApprovalRow {
  /**
   * SHA-256, in hexadecimal digits, of content, media, platforms, platform set and accounts. Of media that are here it
   * holds the storage key, under which there are never other bytes; of accounts their IDs at the platforms, which stay
   * when they are connected again.
   */
  content_hash: string;
  approved_at: Date | null;
  approved_by: string | null;
  /** Why it was sent back; null if it was not. */
  reason: string | null;
}

/** Through which accounts the post `p` would go out if it were published now, as `accountNow` chooses them. */
const accounts = `(select jsonb_agg(jsonb_build_array(pp.platform, a.platform_account_id) order by pp.position)
      from platform_posts pp
        left join accounts n on pp.account_id is null and n.platform_set_id = p.platform_set_id
          and n.user_id = p.user_id and n.mode = p.mode and n.platform = pp.platform and n.status = 'active'
        left join accounts a on a.id = coalesce(pp.account_id, n.id) and a.user_id = p.user_id and a.mode = p.mode
      where pp.post_id = p.id and pp.user_id = p.user_id and pp.mode = p.mode)`;

const hashOf = (...more: readonly string[]) =>
  `encode(sha256(convert_to(jsonb_build_array(${[
    "p.id, p.platform_set_id, p.platforms, p.content",
    `(select jsonb_agg(jsonb_build_array(pm.path, pm.media_id, m.storage_key) order by pm.path)
      from post_media pm join media m on m.id = pm.media_id
      where pm.post_id = p.id and pm.user_id = p.user_id)`,
    ...more,
  ].join(", ")})::text, 'UTF8')), 'hex')`;

const contentHash = hashOf(accounts);

/** Approvals that were given before accounts were part of it hold. */
const earlierHash = hashOf();

/** Whether the approval `a` is of the post `p` as it is now. */
const isOfNow = `a.content_hash in (${contentHash}, ${earlierHash})`;

/** When a person approved the post `p` as it is now; null if nobody has. */
export const approvedAt = `(select a.approved_at from post_approvals a
     where a.post_id = p.id and a.user_id = p.user_id and a.mode = p.mode and ${isOfNow})`;

/** Why a person has sent the post `p` back; null if nobody has since its last edit. */
export const sentBackReason = `(select a.reason from post_approvals a
     where a.post_id = p.id and a.user_id = p.user_id and a.mode = p.mode)`;

export const findApproval = statement<ApprovalRow, [postId: string, userId: string, mode: Mode]>(
  "post_approvals.find",
  `select h.content_hash, a.approved_at, a.approved_by, ${sentBackReason} as reason
   from posts p
     cross join lateral (select ${contentHash} as content_hash) h
     left join post_approvals a on a.post_id = p.id and a.user_id = p.user_id and a.mode = p.mode
       and a.content_hash in (h.content_hash, ${earlierHash})
   where p.id = $1 and p.user_id = $2 and p.mode = $3`,
);

export const saveApproval = statement<
  never,
  [postId: string, userId: string, mode: Mode, contentHash: string, approvedBy: string]
>(
  "post_approvals.save",
  `with decided as (
     insert into post_approvals (post_id, user_id, mode, content_hash, approved_by) values ($1, $2, $3, $4, $5)
     on conflict (post_id) do update set content_hash = excluded.content_hash, approved_by = excluded.approved_by,
       approved_at = now(), reason = null
     returning post_id, user_id, mode, approved_by
   )
   ${notedDecision("decided", "post.approved")}`,
);

export const saveSentBack = statement<
  never,
  [postId: string, userId: string, mode: Mode, reason: string, sentBackBy: string]
>(
  "post_approvals.save_sent_back",
  `with decided as (
     insert into post_approvals (post_id, user_id, mode, reason, approved_by) values ($1, $2, $3, $4, $5)
     on conflict (post_id) do update set content_hash = null, reason = excluded.reason,
       approved_by = excluded.approved_by, approved_at = now()
     returning post_id, user_id, mode, approved_by
   )
   ${notedDecision("decided", "post.sent_back")}`,
);

export const voidApproval = statement<never, [postId: string, userId: string, mode: Mode]>(
  "post_approvals.void",
  `delete from post_approvals where post_id = $1 and user_id = $2 and mode = $3`,
);

/**
 * The key or member waits for approval of the post. Nothing visible to callers changes. Those who approve are told if it had
 * not waited before, or if a person had decided about the post as it was.
 */
export const insertApprovalRequest = statement<
  never,
  [postId: string, userId: string, mode: Mode, asker: string | null, wasDecided: boolean]
>(
  "post_approvals.insert_request",
  `with wanted as (
     update posts set approval_wanted_by = $4 where id = $1 and user_id = $2 and mode = $3
       and (approval_wanted_by is distinct from $4 or $5)
     returning id, user_id, mode
   )
   ${notedAs("wanted", "true")}`,
);

/**
 * A writer, the member, has edited a post that a person had decided about. If they had asked, it waits once they ask
 * again, so that nobody reviews what is still being written. If somebody else had, it waits at once, and those who approve are told.
 */
export const reopenApprovalRequest = statement<never, [postId: string, userId: string, mode: Mode, member: string]>(
  "post_approvals.reopen_request",
  `with reopened as (
     update posts set approval_wanted_by = nullif(approval_wanted_by, $4::uuid)
     where id = $1 and user_id = $2 and mode = $3 and approval_wanted_by is not null
     returning id, user_id, mode, approval_wanted_by
   )
   ${notedAs("reopened", "w.approval_wanted_by is not null")}`,
);

/** Tells those who approve these posts, if they want to be told, that the key or member `$4` asks them to. */
function notedAs(posts: string, condition: string): string {
  return `insert into notices (user_id, mode, kind, type, post_id, actor_id)
   select w.user_id, w.mode, 'approval', 'approval', w.id, m.member_id
   from ${posts} w left join members m on m.id = $4::uuid and m.user_id = w.user_id
   where ${condition} and ${isWanted("w.user_id", "w.mode", "'approval'", { actor: "m.member_id" })}`;
}

/** Tells the member who asked for approval of these posts, if they want to be told, that a person has decided. */
function notedDecision(decided: string, type: EventType): string {
  return `insert into notices (user_id, mode, kind, type, post_id, actor_id, member_id)
   select d.user_id, d.mode, 'decided', '${type}', d.post_id, d.approved_by, m.id
   from ${decided} d
     join posts p on p.id = d.post_id and p.user_id = d.user_id and p.mode = d.mode
     join members m on m.id = p.approval_wanted_by and m.user_id = d.user_id
   where ${isWanted("d.user_id", "d.mode", "'decided'", { actor: "d.approved_by", member: "m.id" })}`;
}

/** Posts that could go out, for which a key that still works, or a member of the workspace, asked for approval. */
const asked = `from posts p
     left join api_keys k on k.id = p.approval_wanted_by and k.user_id = p.user_id and k.mode = p.mode
       and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
     left join post_approvals a on a.post_id = p.id and a.user_id = p.user_id and a.mode = p.mode
     left join members w on w.id = p.approval_wanted_by and w.user_id = p.user_id and w.role <> 'viewer'
     left join users u on u.id = w.member_id
   where p.approval_wanted_by is not null and p.status in ('draft', 'partial', 'failed')
     and (k.id is not null or w.id is not null)`;

/** Those that are neither approved as they are now nor sent back. */
export const waitingPosts = `${asked} and a.reason is null and (a.content_hash is null or not ${isOfNow})`;

/** A post of a list of approvals. What was decided is about an earlier version if the post is pending. */
export interface ListedApprovalRow extends ApprovalRow {
  id: string;
  content_bytes: number;
  key_id: string | null;
  key_name: string | null;
  member_id: string | null;
  member_name: string | null;
}

/** By state, the newest first. */
export const listApprovalsBy = {
  pending: listed("pending", waitingPosts),
  approved: listed("approved", `${asked} and ${isOfNow}`),
  sent_back: listed("sent_back", `${asked} and a.reason is not null`),
};

function listed(state: ApprovalState, from: string) {
  return statement<ListedApprovalRow, [userId: string, mode: Mode, afterId: string | null, limit: number]>(
    `post_approvals.list_${state}`,
    `select p.id, octet_length(p.content::text) as content_bytes, ${contentHash} as content_hash, k.id as key_id, k.name as key_name, w.member_id,
       coalesce(nullif(u.name, ''), u.email) as member_name, a.approved_at, a.approved_by,
       a.reason ${from}
       and p.user_id = $1 and p.mode = $2 and p.id < coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
       order by p.id desc limit $4`,
  );
}
