import type pg from "pg";

import type { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import { digestToken } from "../../auth/hashed-tokens.ts";
import { throttle } from "../../auth/throttle.ts";
import { findInvite, takeInvite } from "../../db/queries/invites.ts";
import { savePassword } from "../../db/queries/sign-in-methods.ts";
import { countUsers, deleteUnconfirmed, lockUserCount } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";
import { renderAuthEmail } from "../../mail/emails.ts";
import { sendMail } from "../../mail/send-mail.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Origin } from "../call.ts";
import type { Services, Settings } from "../services.ts";
import { makeUser } from "./ensure-user.ts";
import { rejectField } from "./reject-field.ts";

export type SignUpServices = Pick<Services, "pool" | "auth" | "jobs" | "vault" | "settings">;

export interface NewPerson {
  email: string;
  password: string;
  name: string;
}

/**
 * Creates an account if sign-up is open. An email asks the owner of the address to confirm it before the first sign-in.
 * Only they learn whether the address already has an account. Throws RATE_LIMITED, and VALIDATION_FAILED if the instance
 * has too many users.
 */
export async function signUp(services: SignUpServices, origin: Origin, person: NewPerson): Promise<void> {
  if (services.settings.signUp !== "open") throw signUpRefused(services.settings.signUp);
  await throttle(services.pool, "signUp", { account: person.email, address: origin.address });
  // Hashing takes most of the time, for known and unknown addresses alike.
  const hash = await (await services.auth()).hashPassword(person.password);
  await transaction(services.pool, async (tx) => {
    await makeRoom(tx, services.settings);
    const user = await makeUser(tx, { ...person, isOwner: false, emailVerified: false });
    const email =
      user === undefined
        ? alreadySignedUp(services)
        : ({ kind: "verify_email", link: await (await services.auth()).linkToVerify(user) } as const);
    await sendMail(services, tx, renderAuthEmail(person.email, email, services.settings.brand));
    if (user === undefined) return;
    await savePassword.run(tx, [newId(), user.id, hash]);
    await recordAudit(tx, origin, {
      userId: user.id,
      action: "user.created",
      target: user.id,
      data: { by: "sign_up" },
    });
  });
}

/**
 * Keeps the instance within its number of users when one more is made in this transaction: those who never confirmed
 * their address make room, the oldest first. Throws VALIDATION_FAILED if there is none, whoever it is that signs up.
 */
export async function makeRoom(tx: pg.PoolClient, { maxUsers }: Pick<Settings, "maxUsers">): Promise<void> {
  if (maxUsers === null) return;
  await lockUserCount.run(tx);
  const excess = ((await countUsers.one(tx))?.count ?? 0) + 1 - maxUsers;
  if (excess > 0 && (await deleteUnconfirmed.run(tx, [0, excess])) < excess)
    throw rejectField(
      "signUp.full",
      "",
      "This instance has as many users as its owner allows",
      "Ask the owner of this instance.",
    );
}

/** The address an invitation is for; null if it is used, revoked or too old. */
export async function findInvited({ pool }: { pool: pg.Pool }, token: string): Promise<{ email: string } | null> {
  const invite = await findInvite.one(pool, [digestToken(token)]);
  return invite === undefined ? null : { email: invite.email };
}

/**
 * Creates an account with an invitation, which was sent to the address, so no second email is needed. Returns the
 * address. Throws VALIDATION_FAILED if the invitation is invalid, its address has an account in the meantime, or the
 * instance has too many users.
 */
export async function acceptInvite(
  services: SignUpServices,
  origin: Origin,
  token: string,
  person: Omit<NewPerson, "email">,
): Promise<{ email: string }> {
  if (services.settings.signUp === "closed") throw signUpRefused("closed");
  await throttle(services.pool, "oneTimeToken", { address: origin.address });
  const hash = await (await services.auth()).hashPassword(person.password);
  return await transaction(services.pool, async (tx) => {
    const invite = await takeInvite.one(tx, [digestToken(token)]);
    if (invite === undefined)
      throw rejectField(
        "signUp.invite",
        "/invite",
        "The invitation has expired, or was already used, revoked or replaced",
        "Ask the person who invited you for a new one.",
      );
    await makeRoom(tx, services.settings);
    const user = await makeUser(tx, { ...person, email: invite.email, isOwner: false, emailVerified: true });
    if (user === undefined)
      throw rejectField(
        "signUp.email",
        "/email",
        `${invite.email} already has an account`,
        "Sign in, or reset your password.",
      );
    await savePassword.run(tx, [newId(), user.id, hash]);
    await recordAudit(tx, origin, {
      userId: user.id,
      action: "user.created",
      target: user.id,
      data: { by: "invitation" },
    });
    return { email: user.email };
  });
}

function alreadySignedUp({ settings: { appUrl } }: SignUpServices) {
  return {
    kind: "already_signed_up",
    signInLink: `${appUrl}/sign-in`,
    forgotLink: `${appUrl}/forgot-password`,
  } as const;
}

function signUpRefused(mode: "invite" | "closed"): PublicError {
  return mode === "invite"
    ? rejectField(
        "signUp.invite",
        "/invite",
        "You need an invitation to create an account",
        "Ask the owner of this instance to invite you, then open the link in the invitation email.",
      )
    : rejectField("signUp.closed", "", "Sign-up is closed on this instance", "Ask the owner of this instance.");
}
