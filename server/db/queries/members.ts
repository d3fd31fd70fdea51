import type { MemberRole } from "../../../model/roles.ts";
import { statement } from "../sql.ts";

export interface MemberRow {
  id: string;
  member_id: string;
  email: string | null;
  name: string;
  role: MemberRole;
  created_at: Date;
}

/** The role of a person in another user's workspace; no row if they are not a member, or its owner is suspended. */
export const findRole = statement<{ id: string; role: MemberRole }, [userId: string, memberId: string]>(
  "members.find_role",
  `select m.id, m.role from members m join users u on u.id = m.user_id
   where m.user_id = $1 and m.member_id = $2 and u.suspended_at is null`,
);

const member = `m.id, m.member_id, u.email, u.name, m.role, m.created_at`;

/** The newest first. */
export const listMembers = statement<MemberRow, [userId: string]>(
  "members.list",
  `select ${member} from members m join users u on u.id = m.member_id where m.user_id = $1
   order by m.created_at desc, m.id desc`,
);

/** The workspaces that a person has joined. */
export const listJoined = statement<
  { user_id: string; email: string | null; name: string; role: MemberRole },
  [memberId: string]
>(
  "members.list_joined",
  `select m.user_id, u.email, u.name, m.role from members m join users u on u.id = m.user_id
   where m.member_id = $1 and u.suspended_at is null order by coalesce(nullif(u.name, ''), u.email), m.user_id`,
);

export const updateMember = statement<MemberRow, [id: string, userId: string, role: MemberRole]>(
  "members.update",
  `update members m set role = $3 from users u where m.id = $1 and m.user_id = $2 and u.id = m.member_id
   returning ${member}`,
);

export const deleteMember = statement<{ member_id: string; email: string | null }, [id: string, userId: string]>(
  "members.delete",
  `delete from members m using users u where m.id = $1 and m.user_id = $2 and u.id = m.member_id
   returning m.member_id, u.email`,
);

export const leaveWorkspace = statement<{ id: string; email: string | null }, [userId: string, memberId: string]>(
  "members.leave",
  `delete from members m using users u where m.user_id = $1 and m.member_id = $2 and u.id = m.member_id
   returning m.id, u.email`,
);

/** A member who is invited again gets the new role. */
export const saveMember = statement<{ id: string }, [id: string, userId: string, memberId: string, role: MemberRole]>(
  "members.save",
  `insert into members (id, user_id, member_id, role) values ($1, $2, $3, $4)
   on conflict (user_id, member_id) do update set role = excluded.role returning id`,
);

/** How many people are in a workspace or invited to it, besides this address. */
export const countMembers = statement<{ count: number }, [userId: string, email: string]>(
  "members.count",
  `select (select count(*)::int from members where user_id = $1)
     + (select count(*)::int from member_invites where user_id = $1 and email <> $2) as count`,
);
