import type pg from "pg";
import { Webhook } from "standardwebhooks";
import { z } from "zod";

import { cutText } from "../../../model/cut-text.ts";
import { type Trace, untraced } from "../../../model/trace.ts";
import { guardedFetch, type GuardedAnswer, GuardedFetchError } from "../../../platforms/kit/guarded-fetch.ts";
import { jsonb } from "../../db/jsonb.ts";
import {
  findOutgoing,
  recordAttempt,
  type DeliveryAttempt,
  type OutgoingRow,
} from "../../db/queries/webhook-deliveries.ts";
import { disableWebhook } from "../../db/queries/webhooks.ts";
import { WEBHOOK_RETRIES } from "../../jobs/queues.ts";
import type { Vault } from "../../vault/vault.ts";
import { openPayload } from "./payload.ts";

export interface DeliverServices {
  pool: pg.Pool;
  vault: Pick<Vault, "open">;
  allowPrivateUrls: boolean;
  trace?: Trace | undefined;
}

/** Throws if it should be retried. */
export class NotDelivered extends Error {
  override name = "NotDelivered";
}

const job = z.object({ deliveryId: z.guid() });
const MOST_TRIES = WEBHOOK_RETRIES.retryLimit + 1;

/**
 * Sends one signed delivery and records the result. At least once: if the process dies between the response and the
 * record, it is sent again with the same `webhook-id`. Throws NotDelivered if the queue should retry.
 */
export async function deliver(services: DeliverServices, data: unknown, signal?: AbortSignal): Promise<void> {
  const { deliveryId } = job.parse(data);
  const row = await findOutgoing.one(services.pool, [deliveryId]);
  if (row === undefined || row.status !== "pending") return;
  if (row.webhook_status === "disabled") {
    return await giveUp(services, row.id, "The webhook is disabled, so nothing was sent.");
  }
  const { trace = untraced } = services;
  const attempt = await trace("delivery", { deliveryId }, async (note) => {
    const sent = await send(services, row, signal);
    note(sent.status === null ? { outcome: "no response" } : { status: sent.status });
    return sent;
  });
  const outcome =
    attempt.status === 410
      ? "failed"
      : attempt.status !== null && attempt.status >= 200 && attempt.status <= 299
        ? "delivered"
        : "again";
  if (attempt.status === 410)
    await disableWebhook.run(services.pool, [row.webhook_id, "The endpoint responded with status 410 (Gone)."]);
  const now = await recordAttempt.one(services.pool, [row.id, outcome, jsonb([attempt]), MOST_TRIES]);
  if (now?.status === "pending")
    throw new NotDelivered(attempt.error ?? `The endpoint responded with status ${attempt.status}.`);
}

/** What becomes of its job if processes die on it: it can be sent again from the log. */
export async function setDeliveryAside(services: Pick<DeliverServices, "pool">, data: unknown): Promise<void> {
  const { deliveryId } = job.parse(data);
  await giveUp(services, deliveryId, "The server stopped repeatedly while it sent this delivery, so it was set aside.");
}

async function giveUp({ pool }: Pick<DeliverServices, "pool">, deliveryId: string, error: string): Promise<void> {
  const unsent: DeliveryAttempt = {
    at: new Date().toISOString(),
    status: null,
    durationMilliseconds: 0,
    error,
    answer: null,
  };
  await recordAttempt.run(pool, [deliveryId, "failed", jsonb([unsent]), MOST_TRIES]);
}

const ANSWER_EXCERPT = 1_000;

async function send(
  { vault, allowPrivateUrls }: DeliverServices,
  row: OutgoingRow,
  signal: AbortSignal | undefined,
): Promise<DeliveryAttempt> {
  const at = new Date();
  const payload = openPayload(vault, row);
  const started = performance.now();
  const outcome = (came: Pick<DeliveryAttempt, "status" | "error" | "answer">): DeliveryAttempt => ({
    at: at.toISOString(),
    durationMilliseconds: Math.round(performance.now() - started),
    ...came,
  });
  try {
    const answer = await guardedFetch(row.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "webhook-id": row.id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": sign(vault, row, payload, at),
      },
      body: payload,
      allowPrivate: allowPrivateUrls,
      maxBytes: 100_000,
      // The status is the receipt, regardless of the body.
      anyBody: true,
      // A redirect is no receipt.
      maxRedirects: 0,
      totalSeconds: 15,
      signal,
    });
    return outcome({ status: answer.status, error: null, answer: await readExcerpt(answer) });
  } catch (error) {
    if (error instanceof GuardedFetchError) return outcome({ status: null, error: error.message, answer: null });
    throw error;
  }
}

/** Signed by every secret that is good now, as Standard Webhooks has it for rotation. */
function sign(vault: Pick<Vault, "open">, row: OutgoingRow, payload: string, at: Date): string {
  const open = (sealed: string, column: string) =>
    vault.open(sealed, { table: "webhooks", row: row.webhook_id, column });
  const secrets = [
    open(row.secret_sealed, "secret_sealed"),
    ...(row.old_secret_sealed === null ? [] : [open(row.old_secret_sealed, "old_secret_sealed")]),
  ];
  return secrets.map((secret) => new Webhook(secret).sign(row.id, at, payload)).join(" ");
}

/** The beginning of the response, null if it cannot be read; errors in the rest do not matter. */
async function readExcerpt(answer: GuardedAnswer): Promise<string | null> {
  if (answer.headers["content-encoding"] !== undefined) {
    answer.discard();
    return null;
  }
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      sizeBytes += chunk.byteLength;
      if (sizeBytes >= ANSWER_EXCERPT) break;
    }
  } catch (error) {
    if (!(error instanceof GuardedFetchError)) throw error;
  }
  return cutText(Buffer.concat(chunks).toString("utf8"), ANSWER_EXCERPT);
}
