import { randomBytes } from "node:crypto";

import type { Invite } from "../../../contract/operations/invites.ts";
import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import { INVITE_DAYS } from "../../../model/lifetimes.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { digestToken } from "../../auth/hashed-tokens.ts";
import {
  deleteInvite as removeInvite,
  type InviteRow,
  listInvites as selectInvites,
  saveInvite,
} from "../../db/queries/invites.ts";
import { findMe, findUserByEmail, type UserRow } from "../../db/queries/users.ts";
import type { Db } from "../../db/sql.ts";
import { renderAuthEmail } from "../../mail/emails.ts";
import { sendMail } from "../../mail/send-mail.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { rejectField } from "./reject-field.ts";

/** The open invitations of the owner. Throws NOT_FOUND for others. */
export async function listInvites(
  { pool }: Pick<Services, "pool">,
  { userId }: Pick<Tenant, "userId">,
): Promise<Answer<{ invites: Invite[] }>> {
  await requireOwner(pool, userId);
  return { body: { invites: (await selectInvites.all(pool, [userId])).map(toInvite) } };
}

/** Sends an invitation by email, with a link that works once. Throws NOT_FOUND for anyone but the owner. */
export async function createInvite(
  services: Pick<Services, "pool" | "jobs" | "vault" | "settings">,
  call: Call,
  email: string,
): Promise<Answer<{ invite: Invite; link: string | null }>> {
  return await write(services, call, async (tx) => {
    const owner = await requireOwner(tx, call.userId);
    if (services.settings.signUp === "closed")
      throw rejectField(
        "signUp.closed",
        "",
        "Sign-up is closed on this instance",
        "Set AMPOST_SIGNUP to invite first.",
      );
    if ((await findUserByEmail.one(tx, [email])) !== undefined)
      throw rejectField(
        "invites.email",
        "/email",
        `${email} already has an account`,
        "They can sign in or reset their password.",
      );
    const token = randomBytes(32).toString("base64url");
    const row = await saveInvite.one(tx, [newId(), email, digestToken(token), call.userId, INVITE_DAYS]);
    if (row === undefined) throw new Error("The invitation was not stored");
    const link = `${services.settings.appUrl}/sign-up?invite=${token}`;
    await sendMail(
      services,
      tx,
      renderAuthEmail(
        email,
        {
          kind: "invite",
          invitedBy: owner.name === "" ? (owner.email ?? "") : owner.name,
          link,
          days: INVITE_DAYS,
        },
        services.settings.brand,
      ),
    );
    await recordAudit(tx, call, { userId: call.userId, action: "user.invited", target: row.id, data: { email } });
    const invite = toInvite(row);
    return { body: { invite, link: services.settings.hasMailServer ? null : link }, kept: { invite, link: null } };
  });
}

/** Revokes an invitation: its link stops working. Throws NOT_FOUND. */
export async function withdrawInvite(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    const withdrawn = await removeInvite.one(tx, [id, call.userId]);
    if (withdrawn === undefined) throw new PublicError("NOT_FOUND", "Invitation not found.");
    await recordAudit(tx, call, {
      userId: call.userId,
      action: "user.invite_withdrawn",
      target: id,
      data: { email: withdrawn.email },
    });
    return { body: { success: true } };
  });
}

async function requireOwner(db: Db, userId: string): Promise<UserRow> {
  const user = await findMe.one(db, [userId]);
  if (user?.is_owner !== true) throw new PublicError("NOT_FOUND", "Only the owner of the instance can invite people.");
  return user;
}

function toInvite(row: InviteRow): Invite {
  return {
    id: row.id,
    email: row.email,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
