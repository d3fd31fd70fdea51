import type { MemberRole } from "../../../model/roles.ts";
import { statement } from "../sql.ts";

export interface MemberInviteRow {
  id: string;
  email: string;
  role: MemberRole;
  created_at: Date;
  expires_at: Date;
}

const columns = "id, email, role, created_at, expires_at";

/** Replaces an earlier one for the address. */
export const saveMemberInvite = statement<
  MemberInviteRow,
  [id: string, userId: string, email: string, role: MemberRole, tokenDigest: string, days: number]
>(
  "member_invites.save",
  `insert into member_invites (id, user_id, email, role, token_digest, expires_at)
   values ($1, $2, $3, $4, $5, now() + make_interval(days => $6))
   on conflict (user_id, email) do update set id = excluded.id, role = excluded.role,
     token_digest = excluded.token_digest, created_at = now(), expires_at = excluded.expires_at
   returning ${columns}`,
);

/** Those that are open, the newest first. */
export const listMemberInvites = statement<MemberInviteRow, [userId: string]>(
  "member_invites.list",
  `select ${columns} from member_invites where user_id = $1 and expires_at > now() order by created_at desc, id desc`,
);

export const deleteMemberInvite = statement<MemberInviteRow, [id: string, userId: string]>(
  "member_invites.delete",
  `delete from member_invites where id = $1 and user_id = $2 returning ${columns}`,
);

/** An open invitation, and who invites; none if they are suspended. */
export const findMemberInvite = statement<
  MemberInviteRow & { user_id: string; owner_name: string; owner_email: string | null },
  [tokenDigest: string]
>(
  "member_invites.find",
  `select i.id, i.email, i.role, i.created_at, i.expires_at, i.user_id, u.name as owner_name, u.email as owner_email
   from member_invites i join users u on u.id = i.user_id
   where i.token_digest = $1 and i.expires_at > now() and u.suspended_at is null`,
);

/** Takes it, so that nobody takes it again. */
export const takeMemberInvite = statement<MemberInviteRow & { user_id: string }, [tokenDigest: string]>(
  "member_invites.take",
  `delete from member_invites where token_digest = $1 and expires_at > now() returning ${columns}, user_id`,
);
