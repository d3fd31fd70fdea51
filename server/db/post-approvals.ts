import { statement } from "./sql.ts";

/** What would go out, and whether a person has approved just that. */
export interface ApprovalRow {
  /** SHA-256, in hexadecimal digits, of content, media, platforms and platform set. */
  content_hash: string;
  approved_at: Date | null;
  approved_by: string | null;
  /** Whether the bytes of all its media are there, so that they cannot become others any more. */
  media_ready: boolean;
}

/** ($1 post, $2 user, $3 mode) */
export const findApproval = statement<ApprovalRow>(
  "post_approvals.find",
  `select h.content_hash, a.approved_at, a.approved_by,
     not exists (select from post_media pm join media m on m.id = pm.media_id where pm.post_id = p.id and pm.user_id = p.user_id and m.status <> 'ready') as media_ready
   from posts p
     cross join lateral (
       select encode(sha256(convert_to(jsonb_build_array(p.id, p.platform_set_id, p.platforms, p.content,
         (select jsonb_agg(jsonb_build_array(pm.path, pm.media_id) order by pm.path) from post_media pm where pm.post_id = p.id and pm.user_id = p.user_id))::text, 'UTF8')), 'hex') as content_hash
     ) h
     left join post_approvals a on a.post_id = p.id and a.user_id = p.user_id and a.mode = p.mode and a.content_hash = h.content_hash
   where p.id = $1 and p.user_id = $2 and p.mode = $3`,
);

/** ($1 post, $2 user, $3 mode, $4 content hash, $5 approved by) */
export const saveApproval = statement(
  "post_approvals.save",
  `insert into post_approvals (post_id, user_id, mode, content_hash, approved_by) values ($1, $2, $3, $4, $5)
   on conflict (post_id) do update set content_hash = excluded.content_hash, approved_by = excluded.approved_by, approved_at = now()`,
);

/** ($1 post, $2 user, $3 mode) */
export const voidApproval = statement("post_approvals.void", `delete from post_approvals where post_id = $1 and user_id = $2 and mode = $3`);
