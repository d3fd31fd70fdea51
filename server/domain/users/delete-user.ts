import type pg from "pg";

import { PublicError } from "../../../model/errors.ts";
import { FRESH_MINUTES } from "../../../model/lifetimes.ts";
import { throttle } from "../../auth/throttle.ts";
import { BILLING_LEAVE_QUEUE } from "../../billing/queues.ts";
import { listKeys, revokeKey } from "../../db/queries/api-keys.ts";
import { deleteApiRequests } from "../../db/queries/api-requests.ts";
import { findCustomer } from "../../db/queries/billing.ts";
import { findFreshSession } from "../../db/queries/sessions.ts";
import { deleteUsage } from "../../db/queries/usage.ts";
import { deletePostCounts, listStorageKeys } from "../../db/queries/user-data.ts";
import { deleteUser as removeUser, findMe, lockUser } from "../../db/queries/users.ts";
import { allowLongStatements, transaction } from "../../db/sql.ts";
import { DROP_BYTES_QUEUE } from "../../media/queues.ts";
import { disconnectAll } from "../accounts/disconnect.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call, Origin } from "../call.ts";
import type { Services } from "../services.ts";
import { rejectField } from "./reject-field.ts";

export type DeleteUserServices = Pick<Services, "pool" | "auth" | "jobs" | "oauth" | "keyHolders">;

/**
 * Deletes the calling user with everything they own in both modes, in one transaction; stored files are deleted soon
 * after, platforms are asked to revoke the grants, and a subscription ends. The audit log stays. Requires the password; a
 * user without one must have just signed in. Throws VALIDATION_FAILED for a wrong password, RATE_LIMITED for too many.
 */
export async function deleteUser(
  services: DeleteUserServices,
  call: Call,
  password: string | undefined,
): Promise<Answer<{ success: true }>> {
  await confirm(services, call, password);
  await transaction(services.pool, async (tx) => {
    if ((await lockUser.one(tx, [call.userId])) === undefined)
      throw new PublicError("NOT_FOUND", "The user was deleted.");
    await deleteEverything(services, tx, call, call.userId);
  });
  services.keyHolders.forgetUser(call.userId);
  return { body: { success: true } };
}

const YEARS_OF_POSTS_SECONDS = 600;

/** Deletes a user that the transaction has locked. The caller clears the cache of keys afterwards. */
export async function deleteEverything(
  services: DeleteUserServices,
  tx: pg.PoolClient,
  origin: Origin,
  userId: string,
): Promise<void> {
  await allowLongStatements(tx, YEARS_OF_POSTS_SECONDS);
  // Before the user's row is locked against others: creating a post locks it after what it counts.
  await deleteUsage.run(tx, [userId]);
  // Notifies the other processes, which would otherwise use their cached keys for a moment.
  for (const { id } of await listKeys.all(tx, [userId])) await revokeKey(tx, id, userId);
  await disconnectAll(services, tx, origin, { userId }, "The user was deleted.");
  await dropMedia(services, tx, userId);
  const customerId = (await findCustomer.one(tx, [userId]))?.customer_id ?? null;
  if (customerId !== null) await services.jobs.send(tx, BILLING_LEAVE_QUEUE, { customerId });
  await deletePostCounts.run(tx, [userId]);
  await deleteApiRequests.run(tx, [userId]);
  await removeUser.run(tx, [userId]);
  await recordAudit(tx, origin, { userId, action: "user.deleted", target: userId });
}

/** A stolen cookie alone cannot delete an account. */
async function confirm({ pool, auth }: DeleteUserServices, call: Call, password: string | undefined): Promise<void> {
  const user = await findMe.one(pool, [call.userId]);
  if (user?.has_password === false) {
    if ((await findFreshSession.one(pool, [call.actor.id, call.userId, FRESH_MINUTES])) !== undefined) return;
    throw rejectField(
      "me.session",
      "",
      "Deleting the account requires a recent sign-in",
      `Sign in again, then retry within ${FRESH_MINUTES} minutes.`,
    );
  }
  if (password === undefined)
    throw rejectField("me.password", "/password", "Deleting the account requires the password", "Send it as password.");
  await throttle(pool, "password", { account: call.userId, address: call.address });
  if (!(await (await auth()).checkPassword(call.userId, password)))
    throw rejectField("me.password", "/password", "The password is incorrect", "Check it, or reset it by email.");
}

/** More would make a job's row large. */
const KEYS_IN_JOB = 200;

async function dropMedia({ jobs }: DeleteUserServices, tx: pg.PoolClient, userId: string): Promise<void> {
  const storageKeys = (await listStorageKeys.all(tx, [userId])).map((row) => row.storage_key);
  for (let begin = 0; begin < storageKeys.length; begin += KEYS_IN_JOB)
    await jobs.send(tx, DROP_BYTES_QUEUE, { storageKeys: storageKeys.slice(begin, begin + KEYS_IN_JOB) });
}
