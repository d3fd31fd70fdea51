import type pg from "pg";

import { BOUNDS } from "../../../model/bounds.ts";
import type { EventType } from "../../../model/events.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { jsonb } from "../../db/jsonb.ts";
import {
  holdEvents,
  holdEventsOf,
  listWaitingUsers,
  markRelayed,
  type OutboxRow,
  skipUnwantedEvents,
} from "../../db/queries/outbox.ts";
import { findPost } from "../../db/queries/posts.ts";
import { isOtherTried, listDueTries, MOST_TRIES, setTryAside } from "../../db/queries/tries.ts";
import { type DeliveryAttempt, dropSurplusDeliveries, trimDeliveries } from "../../db/queries/webhook-deliveries.ts";
import { listActiveWebhooks } from "../../db/queries/webhooks.ts";
import { limitStatements, transaction } from "../../db/sql.ts";
import { PAUSE_SECONDS, tryWork } from "../../db/try-work.ts";
import { readAccount } from "../accounts/accounts.ts";
import { toPostAnswer } from "../posts/to-post.ts";
import type { Services, Settings } from "../services.ts";
import { queueDelivery } from "./deliveries.ts";

export interface RelayServices extends Pick<Services, "pool" | "jobs" | "vault" | "oauth" | "log"> {
  settings: Pick<Settings, "appUrl" | "mediaUrl" | "mediaSecrets">;
}

const BATCH = 100;
/** Of one owner in a batch, so that nobody waits for all events of another. */
const SHARE = 25;
/** A batch ends once it has written so much, or taken so long, whoever's it is. Nor may one of its statements. */
const BATCH_BYTES = 20_000_000;
const BATCH_SECONDS = 5;
const UNWANTED_BATCH = 1_000;
const WORK = "webhooks";
/** They take about an hour. */
const TRIES_ALONE = 60;

/** What a process knows of how passing events on goes. */
export interface Going {
  /** When deliveries were last queued to be sent, whoever's. */
  wentWellAt: number;
}

/** Where a process is in its rounds over the users who have events of a mode. */
export interface RelayRound {
  mode: Mode;
  /** The user it has come to; at first, none. */
  after: string;
  /** Users are served one by one: an event may just have failed a batch, or killed the process before this one. */
  isCareful: boolean;
  going: Going;
}

export function newRound(mode: Mode, isCareful = false, going: Going = { wentWellAt: -Infinity }): RelayRound {
  return { mode, after: "", isCareful, going };
}

/**
 * Passes a mode's events on to the webhooks that subscribed to them: each event once to each, regardless of concurrency
 * and crashes, because taking an event and queueing its deliveries is one transaction. Users take turns. An event that
 * cannot be passed on is left to `relayTried`. Returns whether there may be more.
 */
export async function relayEvents(
  services: RelayServices,
  round: RelayRound,
  isEnded: () => boolean = () => false,
): Promise<boolean> {
  const { mode, after, going } = round;
  const skipped = await skipUnwantedEvents.run(services.pool, [mode, UNWANTED_BATCH]);
  if (round.isCareful)
    for (const { user_id } of await listWaitingUsers.all(services.pool, [mode, UNWANTED_BATCH, WORK])) {
      if (isEnded()) return false;
      await relayCarefully(services, going, `${user_id} ${mode}`);
    }
  round.isCareful = false;
  const last = await relayHeld(services, going, async (tx) => {
    const events = await holdEvents.all(tx, [mode, BATCH, SHARE, after, WORK]);
    if (events.length > 0) await limitStatements(tx, BATCH_SECONDS);
    return events;
  }).catch((error: unknown) => {
    round.isCareful = true;
    throw error;
  });
  round.after = last?.user_id ?? "";
  return last !== null || after !== "" || skipped === UNWANTED_BATCH;
}

/**
 * Passes on events of one user that did not go through before, live mode first. One that never does is set aside.
 * Returns whether there may be more.
 */
export async function relayTried(services: RelayServices, going: Going): Promise<boolean> {
  const due = (await listDueTries.all(services.pool, [WORK, UNWANTED_BATCH])).map(({ subject }) => subject);
  const owner = due.find((subject) => subject.endsWith(" live")) ?? due[0];
  if (owner !== undefined) await relayCarefully(services, going, owner);
  return due.length > 1;
}

/** Those of one owner; one by one, once that did not go well. */
async function relayCarefully(services: RelayServices, going: Going, owner: string): Promise<void> {
  const [userId = "", mode = ""] = owner.split(" ");
  const hold = (tx: pg.PoolClient, most: number) => holdEventsOf.all(tx, [userId, mode, most]);
  await tryWork(services, {
    work: WORK,
    subject: owner,
    run: (tries) =>
      relayHeld(services, going, async (tx) => {
        if (tries > 1) return await hold(tx, 1);
        await limitStatements(tx, BATCH_SECONDS);
        return await hold(tx, SHARE);
      }),
    isAtFault: async (tries) => {
      // Others' went well while this owner's did not: its tries have taken longer than this.
      if (performance.now() - going.wentWellAt < (MOST_TRIES - 1) * PAUSE_SECONDS * 1000) return true;
      return tries > TRIES_ALONE && (await isOtherTried.one(services.pool, [WORK, owner]))?.found !== true;
    },
    setAside: () =>
      transaction(services.pool, async (tx) => {
        const events = await hold(tx, 1);
        await markRelayed.run(tx, [events.map(({ id }) => id)]);
        for (const { id } of events) await setTryAside.run(tx, ["a webhook event", String(id)]);
      }),
  });
}

/** Returns the last event of those that it got to; null if there are none. */
async function relayHeld(
  services: RelayServices,
  going: Going,
  hold: (tx: pg.PoolClient) => Promise<OutboxRow[]>,
): Promise<OutboxRow | null> {
  const { done, isSent } = await transaction(services.pool, async (tx) => relay(services, tx, await hold(tx)));
  if (isSent) going.wentWellAt = performance.now();
  return done.at(-1) ?? null;
}

/** Queues the deliveries of these events. Returns the events that it got to, and whether anything is sent for them. */
async function relay(
  services: RelayServices,
  tx: pg.PoolClient,
  events: readonly OutboxRow[],
): Promise<{ done: OutboxRow[]; isSent: boolean }> {
  if (events.length === 0) return { done: [], isSent: false };
  const webhooks = await listActiveWebhooks.all(tx, [
    events.map(({ user_id }) => user_id),
    events.map(({ mode }) => mode),
  ]);
  const distinct = [...new Map(webhooks.map((webhook) => [webhook.id, webhook])).values()];
  const receivers = new Set<string>();
  const done: OutboxRow[] = [];
  const until = performance.now() + BATCH_SECONDS * 1000;
  let isSent = false;
  let bytes = 0;
  for (const event of events) {
    if (bytes > BATCH_BYTES || performance.now() > until) break;
    done.push(event);
    const wanted = distinct.filter(
      (webhook) =>
        webhook.user_id === event.user_id && webhook.mode === event.mode && wants(webhook.events, event.type),
    );
    if (wanted.length === 0) continue;
    const payload = await describe(services, tx, event);
    for (const { id } of wanted) {
      bytes += payload.length;
      const queued = await queueDelivery(services, tx, {
        webhookId: id,
        userId: event.user_id,
        mode: event.mode,
        type: event.type,
        postId: event.post_id,
        payload,
      });
      if (queued === null) continue;
      receivers.add(id);
      isSent ||= queued.status === "pending";
    }
  }
  await markRelayed.run(tx, [done.map(({ id }) => id)]);
  await dropSurplus(tx, [...receivers]);
  return { done, isSent };
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

/**
 * Relays events for as long as the process lives: those of each mode, and those that did not go through before, wait for
 * no others. Returns a function that stops it.
 */
export function keepEventsRelayed(services: RelayServices, everySeconds = 1): () => Promise<void> {
  const going: Going = { wentWellAt: -Infinity };
  const [live, test] = [newRound("live", true, going), newRound("test", true, going)];
  // Careful rounds after each other, and tries after them: if one kills the process, it is known which.
  const stops = [
    repeat(services, everySeconds, (isEnded) => relayEvents(services, live, isEnded)),
    repeat(services, everySeconds, async (isEnded) =>
      live.isCareful && test.isCareful ? false : await relayEvents(services, test, isEnded),
    ),
    repeat(services, everySeconds, async () =>
      live.isCareful || test.isCareful ? false : await relayTried(services, going),
    ),
  ];
  return async () => void (await Promise.all(stops.map((stop) => stop())));
}

/** Relays every so often, and on while there may be more. Returns a function that stops it. */
function repeat(
  services: RelayServices,
  everySeconds: number,
  relayOnce: (isEnded: () => boolean) => Promise<boolean>,
): () => Promise<void> {
  let ended = false;
  let running: Promise<void> = Promise.resolve();
  const relayAll = async (): Promise<void> => {
    try {
      while (!ended && (await relayOnce(() => ended))) continue;
    } catch (error) {
      services.log.warn({ err: error }, "Events could not be passed on to webhooks; will retry");
    }
  };
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = relayAll().finally(() => (busy = false));
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
