import type pg from "pg";

import type { Channel } from "./listen.ts";
import { afterCommit, type Db, statement } from "./sql.ts";

/** Notifications that come this soon after others wait to be sent together. */
const TOGETHER_MILLISECONDS = 5;

interface Sender {
  waiting: Map<string, { channel: Channel; payload: string }>;
  sending: Promise<void> | null;
}

const senders = new WeakMap<pg.Pool, Sender>();

/**
 * Notifies every process once the transaction of `db` has committed; with the pool, at once. Equal notifications of the
 * same few milliseconds are sent once. They are hints: one that cannot be sent is dropped.
 *
 * A transaction that notifies locks out every other one that does until its commit is on disk, in the whole database,
 * so no transaction with data does.
 */
export function notify(db: Db, channel: Channel, payload = ""): void {
  afterCommit(db, (pool) => {
    const sender = senders.get(pool) ?? { waiting: new Map(), sending: null };
    senders.set(pool, sender);
    sender.waiting.set(`${channel} ${payload}`, { channel, payload });
    sender.sending ??= sendAll(pool, sender).finally(() => (sender.sending = null));
  });
}

/** Resolves when nothing is left to be sent over the pool, which can then be closed. */
export async function notificationsSent(pool: pg.Pool): Promise<void> {
  await senders.get(pool)?.sending;
}

async function sendAll(pool: pg.Pool, { waiting }: Sender): Promise<void> {
  while (waiting.size > 0) {
    const batch = [...waiting.values()];
    waiting.clear();
    await send
      .run(pool, [batch.map(({ channel }) => channel), batch.map(({ payload }) => payload)])
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, TOGETHER_MILLISECONDS));
  }
}

const send = statement<never, [channels: readonly Channel[], payloads: readonly string[]]>(
  "notifications.send",
  `select pg_notify(n.channel, n.payload) from unnest($1::text[], $2::text[]) as n(channel, payload)`,
);
