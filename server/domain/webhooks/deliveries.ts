import type pg from "pg";

import type { WebhookDelivery } from "../../../contract/operations/webhooks.ts";
import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { Tenant } from "../../../model/tenant.ts";
import {
  countDeliveries,
  insertDelivery,
  listDeliveries as selectDeliveries,
  restartDelivery,
  type DeliveryRow,
} from "../../db/queries/webhook-deliveries.ts";
import { findWebhook, listWebhooks, touchWebhook } from "../../db/queries/webhooks.ts";
import { groupOf } from "../../jobs/fair-worker.ts";
import { WEBHOOK_QUEUE } from "../../jobs/queues.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { openPayload, sealPayload, withoutSignatures } from "./payload.ts";
import { notFound } from "./webhooks.ts";

/** What is sent to a webhook. */
export interface NewDelivery extends Tenant {
  webhookId: string;
  type: string;
  postId: string | null;
  /** The body as sent. */
  payload: string;
}

/**
 * Sends it if the transaction commits; deliveries of a webhook without a URL only appear in its log. Null if the webhook
 * is gone.
 */
export async function queueDelivery(
  { jobs, vault }: Pick<Services, "jobs" | "vault">,
  tx: pg.PoolClient,
  { webhookId, userId, mode, type, postId, payload }: NewDelivery,
): Promise<DeliveryRow | null> {
  const id = newId();
  const sealed = sealPayload(vault, id, payload);
  const row = await insertDelivery.one(tx, [id, webhookId, userId, mode, type, postId, sealed]);
  if (row === undefined) return null;
  if (row.status === "pending") await send(jobs, tx, row, { userId, mode });
  return row;
}

/** The groups of a webhook owner: what workInShares calls an owner. */
export async function webhookGroups({ pool }: Pick<Services, "pool">, owner: string): Promise<string[]> {
  const [userId = "", mode] = owner.split(" ");
  return (await listWebhooks.all(pool, [userId, mode === "live" ? "live" : "test"])).map(({ id }) =>
    groupOf(owner, id),
  );
}

async function send(
  jobs: Services["jobs"],
  tx: pg.PoolClient,
  row: DeliveryRow,
  { userId, mode }: Tenant,
): Promise<void> {
  await jobs.send(
    tx,
    WEBHOOK_QUEUE,
    { deliveryId: row.id },
    groupOf(`${userId} ${mode}`, row.webhook_id),
    mode === "live" ? 1 : 0,
  );
}

/** A webhook's deliveries, newest first. Throws NOT_FOUND. */
export async function listDeliveries(
  services: Pick<Services, "pool" | "vault">,
  caller: Tenant,
  webhookId: string,
  { status, limit, offset }: { status?: DeliveryRow["status"] | undefined; limit: number; offset: number },
): Promise<Answer<{ deliveries: WebhookDelivery[]; total: number }>> {
  const owned = [webhookId, caller.userId, caller.mode] as const;
  const webhook = await findWebhook.one(services.pool, owned);
  if (webhook === undefined) throw notFound();
  if (webhook.url === null) await touchWebhook.run(services.pool, owned);
  const rows = await selectDeliveries.all(services.pool, [...owned, status ?? null, limit, offset]);
  // A page beyond the last has no row with the total.
  const total = rows[0]?.total ?? (await countDeliveries.one(services.pool, [...owned, status ?? null]))?.count ?? 0;
  return { body: { deliveries: rows.map((row) => toDelivery(services, row)), total } };
}

/** Sends a test event. Throws NOT_FOUND. */
export async function testWebhook(
  services: Pick<Services, "pool" | "jobs" | "vault">,
  call: Call,
  webhookId: string,
): Promise<Answer<{ delivery: WebhookDelivery }>> {
  return await write(services, call, async (tx) => {
    const payload = JSON.stringify({
      type: "webhook.test",
      timestamp: new Date().toISOString(),
      sequence: null,
      postSequence: null,
      mode: call.mode,
      data: { webhookId },
    });
    const queued = { ...call, webhookId, type: "webhook.test", postId: null, payload };
    const row = await queueDelivery(services, tx, queued);
    if (row === null) throw notFound();
    return { body: { delivery: toDelivery(services, row) } };
  });
}

/** Sends the same bytes under the same id again. Throws NOT_FOUND. */
export async function redeliver(
  services: Pick<Services, "pool" | "jobs" | "vault">,
  call: Call,
  id: string,
): Promise<Answer<{ delivery: WebhookDelivery }>> {
  return await write(services, call, async (tx) => {
    const row = await restartDelivery.one(tx, [id, call.userId, call.mode]);
    if (row === undefined) throw new PublicError("NOT_FOUND", "Delivery not found.");
    if (row.status === "pending") await send(services.jobs, tx, row, call);
    const delivery = toDelivery(services, row);
    const payload = withoutSignatures(delivery.payload);
    return { body: { delivery }, kept: { delivery: { ...delivery, payload } } };
  });
}

function toDelivery({ vault }: Pick<Services, "vault">, row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    type: row.type,
    postId: row.post_id,
    status: row.status,
    attempts: row.attempts,
    payload: openPayload(vault, row),
    createdAt: row.created_at.toISOString(),
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    mode: row.mode,
  };
}
