import { randomBytes } from "node:crypto";

import type pg from "pg";

import { newId } from "../../../model/ids.ts";
import { digestToken } from "../../auth/hashed-tokens.ts";
import { throttle } from "../../auth/throttle.ts";
import { addFact, deleteFacts, findRecentFact, lockSetUp, takeRecentFact } from "../../db/queries/instance-facts.ts";
import { savePassword } from "../../db/queries/sign-in-methods.ts";
import { adoptOwner, findOwner, findOwnerWhoCanSignIn, findUserByEmail } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Origin } from "../call.ts";
import { makeUser } from "./ensure-user.ts";
import { rejectField } from "./reject-field.ts";
import type { NewPerson, SignUpServices } from "./sign-up.ts";

const FACT = "set_up_token/";
/** A link that was printed at a start works for so long; the next start prints a new one. */
export const SET_UP_HOURS = 24;

/**
 * While no owner can sign in: a link with which the person who started the instance creates the owner, once. Each
 * process prints its own; the first one used invalidates them all. Null if an owner can sign in.
 */
export async function openSetUp({ pool }: { pool: pg.Pool }, appUrl: string): Promise<string | null> {
  if (!(await isSetUpOpen({ pool }))) return null;
  const token = randomBytes(32).toString("base64url");
  await addFact.run(pool, [FACT + digestToken(token), new Date().toISOString()]);
  return `${appUrl}/setup?token=${token}`;
}

/** Whether no owner of the instance can sign in. */
export async function isSetUpOpen({ pool }: { pool: pg.Pool }): Promise<boolean> {
  return (await findOwnerWhoCanSignIn.one(pool)) === undefined;
}

/** Whether a set-up link would work. Throws RATE_LIMITED. */
export async function isSetUpToken(
  { pool }: { pool: pg.Pool },
  address: string | null,
  token: string,
): Promise<boolean> {
  await throttle(pool, "oneTimeToken", { address });
  return (await findRecentFact.one(pool, [FACT + digestToken(token), SET_UP_HOURS])) !== undefined;
}

/**
 * Creates the owner, or completes the owner that the instance created for itself, keeping everything they own. Throws
 * VALIDATION_FAILED if the link was used or is too old, or the address belongs to another user.
 */
export async function completeSetUp(
  services: SignUpServices,
  origin: Origin,
  token: string,
  person: NewPerson,
): Promise<void> {
  const { pool, auth } = services;
  await throttle(pool, "oneTimeToken", { address: origin.address });
  const hash = await (await auth()).hashPassword(person.password);
  await transaction(pool, async (tx) => {
    await lockSetUp.run(tx);
    const taken = await takeRecentFact.one(tx, [FACT + digestToken(token), SET_UP_HOURS]);
    if (taken === undefined || (await findOwnerWhoCanSignIn.one(tx)) !== undefined) {
      throw rejectField(
        "setUp.token",
        "/token",
        "The setup link has expired or was already used",
        "Restart Ampost: it prints a new link until the instance has an owner.",
      );
    }
    const found = await findOwner.one(tx);
    const owner =
      found === undefined
        ? await makeUser(tx, { ...person, isOwner: true, emailVerified: true })
        : await adopt(tx, found.id, person);
    if (owner === undefined)
      throw rejectField(
        "setUp.email",
        "/email",
        "This email belongs to another user of this instance",
        "Use another email address.",
      );
    await savePassword.run(tx, [newId(), owner.id, hash]);
    await deleteFacts.run(tx, [FACT]);
    await recordAudit(tx, origin, {
      userId: owner.id,
      action: "user.created",
      target: owner.id,
      data: { by: "set_up", adopted: found !== undefined },
    });
  });
}

async function adopt(tx: pg.PoolClient, ownerId: string, person: NewPerson) {
  const other = await findUserByEmail.one(tx, [person.email]);
  return other === undefined || other.id === ownerId
    ? await adoptOwner.one(tx, [ownerId, person.email, person.name])
    : undefined;
}
