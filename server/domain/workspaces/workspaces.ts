import type { Member, Workspace } from "../../../contract/operations/workspaces.ts";
import { PublicError } from "../../../model/errors.ts";
import type { MemberRole } from "../../../model/roles.ts";
import type { Tenant } from "../../../model/tenant.ts";
import {
  deleteMember,
  leaveWorkspace as leave,
  listJoined,
  listMembers as selectMembers,
  type MemberRow,
  updateMember,
} from "../../db/queries/members.ts";
import { findMe } from "../../db/queries/users.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Actor, Answer, Call, Origin } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

/** The person's own workspace, and then those they have joined. */
export async function listWorkspaces(
  { pool }: Pick<Services, "pool">,
  { userId }: Pick<Tenant, "userId">,
): Promise<Answer<{ workspaces: Workspace[] }>> {
  const [me, joined] = await Promise.all([findMe.one(pool, [userId]), listJoined.all(pool, [userId])]);
  return {
    body: {
      workspaces: [
        { id: userId, name: nameOf(me), role: "owner" },
        ...joined.map((row): Workspace => ({ id: row.user_id, name: nameOf(row), role: row.role })),
      ],
    },
  };
}

/** What others call a user. */
export function nameOf(user: { name: string; email: string | null } | undefined): string {
  return user === undefined ? "" : user.name === "" ? (user.email ?? "") : user.name;
}

/** What a person does to their own membership is a member's deed in the owner's audit log. */
export function asMember({ actor, ...origin }: Origin, member: NonNullable<Actor["member"]>): Origin {
  return { ...origin, actor: { ...actor, member } };
}

/** Ends the caller's own membership. Throws NOT_FOUND. */
export async function leaveWorkspace(
  services: Pick<Services, "pool">,
  call: Call,
  ownerId: string,
): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    const left = await leave.one(tx, [ownerId, call.userId]);
    if (left === undefined) throw new PublicError("NOT_FOUND", "Workspace not found.");
    await recordAudit(tx, asMember(call, { id: left.id, userId: call.userId }), {
      userId: ownerId,
      action: "member.left",
      target: call.userId,
      data: { email: left.email },
    });
    return { body: { success: true } };
  });
}

/** The people in the workspace besides its owner, newest first. */
export async function listMembers(
  { pool }: Pick<Services, "pool">,
  { userId }: Pick<Tenant, "userId">,
): Promise<Answer<{ members: Member[] }>> {
  return { body: { members: (await selectMembers.all(pool, [userId])).map(toMember) } };
}

/** Changes a member's role. Throws NOT_FOUND. */
export async function changeRole(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
  role: MemberRole,
): Promise<Answer<{ member: Member }>> {
  return await write(services, call, async (tx) => {
    const row = await updateMember.one(tx, [id, call.userId, role]);
    if (row === undefined) throw memberNotFound();
    await recordAudit(tx, call, {
      userId: call.userId,
      action: "member.role_changed",
      target: row.member_id,
      data: { email: row.email, role },
    });
    return { body: { member: toMember(row) } };
  });
}

/** Removes a member. Throws NOT_FOUND. */
export async function removeMember(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    const row = await deleteMember.one(tx, [id, call.userId]);
    if (row === undefined) throw memberNotFound();
    await recordAudit(tx, call, {
      userId: call.userId,
      action: "member.removed",
      target: row.member_id,
      data: { email: row.email },
    });
    return { body: { success: true } };
  });
}

function memberNotFound(): PublicError {
  return new PublicError("NOT_FOUND", "Member not found.");
}

function toMember(row: MemberRow): Member {
  return {
    id: row.id,
    userId: row.member_id,
    email: row.email ?? "",
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
  };
}
