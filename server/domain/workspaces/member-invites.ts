import { randomBytes } from "node:crypto";

import type pg from "pg";

import type { MemberInvite } from "../../../contract/operations/workspaces.ts";
import { BOUNDS } from "../../../model/bounds.ts";
import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import { INVITE_DAYS } from "../../../model/lifetimes.ts";
import type { MemberRole } from "../../../model/roles.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { digestToken } from "../../auth/hashed-tokens.ts";
import { countTry, throttle } from "../../auth/throttle.ts";
import {
  deleteMemberInvite,
  findMemberInvite,
  listMemberInvites as selectInvites,
  type MemberInviteRow,
  saveMemberInvite,
  takeMemberInvite,
} from "../../db/queries/member-invites.ts";
import { countMembers, listMembers, saveMember } from "../../db/queries/members.ts";
import { savePassword } from "../../db/queries/sign-in-methods.ts";
import { findMe, findUserByEmail, lockUser } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";
import { renderAuthEmail } from "../../mail/emails.ts";
import { sendMail } from "../../mail/send-mail.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call, Origin } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { makeUser } from "../users/ensure-user.ts";
import { rejectField } from "../users/reject-field.ts";
import { makeRoom, type SignUpServices } from "../users/sign-up.ts";
import { asMember, nameOf } from "./workspaces.ts";

/** The open invitations to the workspace. */
export async function listMemberInvites(
  { pool }: Pick<Services, "pool">,
  { userId }: Pick<Tenant, "userId">,
): Promise<Answer<{ invites: MemberInvite[] }>> {
  return { body: { invites: (await selectInvites.all(pool, [userId])).map(toInvite) } };
}

/**
 * Invites a person by email, with a link that works once. Someone who is invited by very many gets no email, which
 * nobody is told: the invitation can be repeated later. Throws RATE_LIMITED.
 */
export async function inviteMember(
  services: Pick<Services, "pool" | "jobs" | "vault" | "settings">,
  call: Call,
  { email, role }: { email: string; role: MemberRole },
): Promise<Answer<{ invite: MemberInvite; link: string | null }>> {
  await throttle(services.pool, "memberInvite", { account: call.userId, address: call.address });
  await throttle(services.pool, "repeatedInvite", { account: `${call.userId} ${email}`, address: null });
  const isFlooded = (await countTry(services.pool, "inviteEmail", { account: email, address: null })) !== null;
  return await write(services, call, async (tx) => {
    // Locked, so that their number stays the same.
    await lockUser.one(tx, [call.userId]);
    const owner = await findMe.one(tx, [call.userId]);
    if (owner?.email?.toLowerCase() === email)
      throw rejectField("members.email", "/email", "This is your own workspace", "Enter another person's address.");
    if ((await listMembers.all(tx, [call.userId])).some((member) => member.email?.toLowerCase() === email))
      throw rejectField("members.email", "/email", `${email} is already a member`, "Change their role instead.");
    const { count = 0 } = (await countMembers.one(tx, [call.userId, email])) ?? {};
    if (count >= BOUNDS.members)
      throw rejectField(
        "members.limit",
        "",
        `A workspace can have at most ${BOUNDS.members} members and invitations`,
        "Remove a member or revoke an invitation first.",
      );
    const token = randomBytes(32).toString("base64url");
    const row = await saveMemberInvite.one(tx, [newId(), call.userId, email, role, digestToken(token), INVITE_DAYS]);
    if (row === undefined) throw new Error("The invitation was not stored");
    const link = `${services.settings.appUrl}/join/${token}`;
    const news = { kind: "member_invite", invitedBy: nameOf(owner), role, link, days: INVITE_DAYS } as const;
    if (!isFlooded) await sendMail(services, tx, renderAuthEmail(email, news, services.settings.brand));
    await recordAudit(tx, call, {
      userId: call.userId,
      action: "member.invited",
      target: row.id,
      data: { email, role },
    });
    const invite = toInvite(row);
    return { body: { invite, link: services.settings.hasMailServer ? null : link }, kept: { invite, link: null } };
  });
}

/** Revokes an invitation: its link stops working. Throws NOT_FOUND. */
export async function withdrawMemberInvite(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    const withdrawn = await deleteMemberInvite.one(tx, [id, call.userId]);
    if (withdrawn === undefined) throw new PublicError("NOT_FOUND", "Invitation not found.");
    await recordAudit(tx, call, {
      userId: call.userId,
      action: "member.invite_withdrawn",
      target: id,
      data: { email: withdrawn.email },
    });
    return { body: { success: true } };
  });
}

/** What an invitation's page shows. */
export interface OpenInvite {
  email: string;
  role: MemberRole;
  workspaceId: string;
  /** The workspace, by its owner's name. */
  workspace: string;
  /** Whether the address has an account to sign in with. */
  hasAccount: boolean;
}

/** The invitation behind a link; null if it was used, replaced or revoked, or is too old. */
export async function findOpenInvite({ pool }: Pick<Services, "pool">, token: string): Promise<OpenInvite | null> {
  const row = await findMemberInvite.one(pool, [digestToken(token)]);
  if (row === undefined) return null;
  const user = await findUserByEmail.one(pool, [row.email]);
  const workspace = nameOf({ name: row.owner_name, email: row.owner_email });
  return { email: row.email, role: row.role, workspaceId: row.user_id, workspace, hasAccount: user !== undefined };
}

/**
 * Lets the signed-in person join with an invitation to their own address. Returns the workspace's ID. Throws
 * VALIDATION_FAILED if the invitation is not open, or for another address.
 */
export async function joinWorkspace(
  services: Pick<Services, "pool">,
  origin: Origin,
  personId: string,
  token: string,
): Promise<string> {
  await throttle(services.pool, "oneTimeToken", { address: origin.address });
  return await transaction(services.pool, async (tx) => {
    const person = await findMe.one(tx, [personId]);
    const invite = await take(tx, token);
    if (person?.email?.toLowerCase() !== invite.email)
      throw rejectField(
        "members.email",
        "",
        `This invitation is for ${invite.email}`,
        "Sign in with that address, or ask for another invitation.",
      );
    return await join(tx, origin, invite, personId);
  });
}

/**
 * Creates an account with an invitation and joins. The invitation is the permission, whether sign-up is open or not, and
 * the link was sent to the address. Throws VALIDATION_FAILED.
 */
export async function joinAsNewUser(
  services: SignUpServices,
  origin: Origin,
  token: string,
  person: { name: string; password: string },
): Promise<{ email: string }> {
  await throttle(services.pool, "oneTimeToken", { address: origin.address });
  const hash = await (await services.auth()).hashPassword(person.password);
  return await transaction(services.pool, async (tx) => {
    const invite = await take(tx, token);
    await makeRoom(tx, services.settings);
    const user = await makeUser(tx, { ...person, email: invite.email, isOwner: false, emailVerified: true });
    if (user === undefined)
      throw rejectField("signUp.email", "/email", `${invite.email} already has an account`, "Sign in to join.");
    await savePassword.run(tx, [newId(), user.id, hash]);
    await recordAudit(tx, origin, {
      userId: user.id,
      action: "user.created",
      target: user.id,
      data: { by: "member_invitation" },
    });
    await join(tx, origin, invite, user.id);
    return { email: user.email };
  });
}

type TakenInvite = MemberInviteRow & { user_id: string };

async function take(tx: pg.PoolClient, token: string): Promise<TakenInvite> {
  const invite = await takeMemberInvite.one(tx, [digestToken(token)]);
  if (invite === undefined)
    throw rejectField(
      "members.invite",
      "",
      "This invitation has expired, or was already used, revoked or replaced",
      "Ask the person who invited you for a new one.",
    );
  return invite;
}

async function join(tx: pg.PoolClient, origin: Origin, invite: TakenInvite, personId: string): Promise<string> {
  const member = await saveMember.one(tx, [newId(), invite.user_id, personId, invite.role]);
  if (member === undefined) throw new Error("The member was not stored");
  await recordAudit(tx, asMember(origin, { id: member.id, userId: personId }), {
    userId: invite.user_id,
    action: "member.joined",
    target: personId,
    data: { email: invite.email, role: invite.role },
  });
  return invite.user_id;
}

function toInvite(row: MemberInviteRow): MemberInvite {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
