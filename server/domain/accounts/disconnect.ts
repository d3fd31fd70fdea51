import type pg from "pg";

import type { Account } from "../../../contract/operations/accounts.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { listConnected } from "../../db/queries/connections.ts";
import { forgetConnection } from "../../oauth/disconnect.ts";
import { REVOKE_QUEUE } from "../../oauth/queues.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call, Origin } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { readAccount, scheduledOn } from "./accounts.ts";

type Disconnecting = Pick<Services, "oauth" | "jobs">;

/**
 * Deletes an account's grant, and has the platform asked to revoke it if it supports that. The platform need not be
 * reachable: it is asked again until it responds. Throws NOT_FOUND.
 */
export async function disconnectAccount(
  services: Disconnecting & Pick<Services, "pool">,
  call: Call,
  id: string,
): Promise<Answer<{ account: Account; scheduledPosts: number }>> {
  return await write(services, call, async (tx) => {
    const { status } = await readAccount(services, tx, call, id);
    if (status === "active") await disconnect(services, tx, call, call, id, "The account was disconnected.");
    const account = await readAccount(services, tx, call, id);
    return { body: { account, scheduledPosts: await scheduledOn(tx, call, id) } };
  });
}

/**
 * Disconnects a user's accounts in the transaction of `tx`: those of a set, of a mode, or all of them if neither is
 * given.
 */
export async function disconnectAll(
  services: Disconnecting,
  tx: pg.PoolClient,
  origin: Origin,
  of: { userId: string; mode?: Mode; platformSetId?: string },
  reason: string,
): Promise<void> {
  for (const { account_id, mode } of await listConnected.all(tx, [
    of.userId,
    of.mode ?? null,
    of.platformSetId ?? null,
  ])) {
    await disconnect(services, tx, origin, { userId: of.userId, mode }, account_id, reason);
  }
}

async function disconnect(
  services: Disconnecting,
  tx: pg.PoolClient,
  origin: Origin,
  { userId, mode }: Tenant,
  accountId: string,
  reason: string,
): Promise<void> {
  const { revoke } = await forgetConnection(services.oauth, tx, { accountId, userId, mode }, reason);
  if (revoke !== null) await services.jobs.send(tx, REVOKE_QUEUE, revoke);
  await recordAudit(tx, origin, { userId, mode, action: "account.disconnected", target: accountId, data: { reason } });
}
