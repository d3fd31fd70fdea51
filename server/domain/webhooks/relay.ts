import type pg from "pg";
import type { Logger } from "pino";

import { BOUNDS } from "../../../model/bounds.ts";
import type { EventType } from "../../../model/events.ts";
import { jsonb } from "../../db/jsonb.ts";
import { type OutboxRow, skipUnwantedEvents, takeEvents } from "../../db/queries/outbox.ts";
import { findPost } from "../../db/queries/posts.ts";
import { type DeliveryAttempt, dropSurplusDeliveries, trimDeliveries } from "../../db/queries/webhook-deliveries.ts";
import { listActiveWebhooks } from "../../db/queries/webhooks.ts";
import { transaction } from "../../db/sql.ts";
import { readAccount } from "../accounts/accounts.ts";
import { toPostAnswer } from "../posts/to-post.ts";
import type { Services, Settings } from "../services.ts";
import { queueDelivery } from "./deliveries.ts";

export interface RelayServices extends Pick<Services, "pool" | "jobs" | "vault" | "oauth"> {
  settings: Pick<Settings, "appUrl" | "mediaUrl" | "mediaSecrets">;
}

const BATCH = 100;
const UNWANTED_BATCH = 1_000;

/**
 * Passes events on to the webhooks that subscribed to them: each event once to each, regardless of concurrency and
 * crashes, because taking an event and queueing its deliveries is one transaction. Returns whether there may be more.
 */
export async function relayEvents(services: RelayServices): Promise<boolean> {
  const skipped = await skipUnwantedEvents.run(services.pool, [UNWANTED_BATCH]);
  const relayed = await transaction(services.pool, async (tx) => {
    const events = (await takeEvents.all(tx, [BATCH])).sort((one, other) => one.id - other.id);
    if (events.length === 0) return 0;
    const webhooks = await listActiveWebhooks.all(tx, [
      events.map(({ user_id }) => user_id),
      events.map(({ mode }) => mode),
    ]);
    const distinct = [...new Map(webhooks.map((webhook) => [webhook.id, webhook])).values()];
    const receivers = new Set<string>();
    for (const event of events) {
      const wanted = distinct.filter(
        (webhook) =>
          webhook.user_id === event.user_id && webhook.mode === event.mode && wants(webhook.events, event.type),
      );
      if (wanted.length === 0) continue;
      const payload = await describe(services, tx, event);
      for (const { id } of wanted) {
        receivers.add(id);
        await queueDelivery(services, tx, {
          webhookId: id,
          userId: event.user_id,
          mode: event.mode,
          type: event.type,
          postId: event.post_id,
          payload,
        });
      }
    }
    await dropSurplus(tx, [...receivers]);
    return events.length;
  });
  return relayed === BATCH || skipped === UNWANTED_BATCH;
}

/**
 * A receiver that is down is no reason to keep everything for it: the log shows what was not sent, and it can be resent
 * from there. The log is limited, too.
 */
async function dropSurplus(tx: pg.PoolClient, webhookIds: readonly string[]): Promise<void> {
  if (webhookIds.length === 0) return;
  const error = `Dropped: ${BOUNDS.pendingDeliveries} newer deliveries of this webhook were pending.`;
  const dropped: DeliveryAttempt = {
    at: new Date().toISOString(),
    status: null,
    durationMilliseconds: 0,
    error,
    answer: null,
  };
  await dropSurplusDeliveries.run(tx, [webhookIds, BOUNDS.pendingDeliveries, jsonb([dropped])]);
  await trimDeliveries.run(tx, [webhookIds, BOUNDS.keptDeliveries, BOUNDS.keptDeliveryBytes]);
}

/** Relays events for as long as the process lives. Returns a function that stops it. */
export function keepEventsRelayed(
  services: RelayServices,
  log: Pick<Logger, "warn">,
  everySeconds = 1,
): () => Promise<void> {
  let ended = false;
  let running: Promise<void> = Promise.resolve();
  const relay = async (): Promise<void> => {
    try {
      while (!ended && (await relayEvents(services))) continue;
    } catch (error) {
      log.warn({ err: error }, "Events could not be passed on to webhooks; will retry");
    }
  };
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = relay().finally(() => (busy = false));
  }, everySeconds * 1000);
  timer.unref();
  return async () => {
    ended = true;
    clearInterval(timer);
    await running;
  };
}

function wants(events: readonly EventType[], type: EventType): boolean {
  return events.length === 0 || events.includes(type);
}

/**
 * The body of an event: its object, as reading it would return it now. `sequence` increases from event to event, so
 * that receivers can order those of a post; `postSequence` counts the events of a post, so that they notice missing
 * ones.
 */
async function describe(services: RelayServices, tx: pg.PoolClient, event: OutboxRow): Promise<string> {
  const data: Record<string, unknown> = { ...event.data };
  if (event.post_id !== null) {
    const post = await findPost.one(tx, [event.post_id, event.user_id, event.mode]);
    data.post = post === undefined ? null : toPostAnswer(services.settings, post).body.post;
    if (event.platform_post_id !== null) data.platformPostId = event.platform_post_id;
  }
  if (event.account_id !== null)
    data.account = await readAccount(services, tx, { userId: event.user_id, mode: event.mode }, event.account_id);
  return JSON.stringify({
    type: event.type,
    timestamp: event.created_at.toISOString(),
    sequence: event.id,
    postSequence: event.post_sequence,
    mode: event.mode,
    data,
  });
}
