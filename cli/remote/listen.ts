import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { Webhook as Signer } from "standardwebhooks";

import { AmpostError, type Client, type EventType, type Webhook, type WebhookDelivery } from "../../client/index.ts";
import { isAlive } from "../../model/is-alive.ts";
import { type ClientOptions, withClient, usageError } from "./client-command.ts";
import { coloured, plain } from "./show.ts";

const EVERY_SECONDS = 2;

interface ListenOptions extends ClientOptions {
  forward: string;
  events?: EventType[];
}

/**
 * Forwards events to a program on this machine as a webhook would, signed, until it is interrupted. Its webhook has no
 * URL: deliveries are read from the delivery log, which also works where no server can reach this machine.
 */
export async function runListen(options: ListenOptions): Promise<void> {
  if (!/^https?:$/.test(URL.parse(options.forward)?.protocol ?? ""))
    usageError("--forward must be an http or https URL, such as http://localhost:8080/ampost-events.");
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => ended.abort());
  await withClient(options, async (client) => {
    await removeLeftOvers(client);
    const { webhook } = await client.webhooks.create({
      url: null,
      events: options.events ?? [],
      description: marked(process.pid),
    });
    try {
      say(
        options,
        { secret: webhook.secret, forward: options.forward },
        `Forwarding events to ${options.forward} until Ctrl-C, signed with ${webhook.secret}`,
      );
      await follow(client, webhook, options, ended.signal);
    } finally {
      await client.webhooks.delete(webhook.id);
    }
  });
}

async function follow(
  client: Client,
  { id, secret }: Webhook,
  options: ListenOptions,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set<string>();
  const look = createLook(client, id, seen);
  const signer = new Signer(secret ?? "");
  while (!signal.aborted) {
    const fresh = await look().catch((error: unknown) => tellBreak(options, error));
    for (const delivery of fresh) {
      if (signal.aborted) return;
      seen.add(nameOf(delivery));
      const outcome = await forward(delivery, signer, options.forward);
      say(
        options,
        { id: delivery.id, type: delivery.type, postId: delivery.postId, outcome },
        `${new Date().toISOString()}  ${delivery.type}  ${delivery.postId ?? ""}  ` +
          `${coloured(typeof outcome === "number" && outcome < 300 ? "green" : "red", String(outcome))}`,
      );
    }
    await sleep(EVERY_SECONDS * 1000, undefined, { signal }).catch(() => undefined);
  }
}

/** A laptop sleeps, a server restarts: events from that time are read afterwards. */
function tellBreak({ json }: ClientOptions, error: unknown): WebhookDelivery[] {
  if (!(error instanceof AmpostError) || (error.status !== null && error.status < 500)) throw error;
  if (!json) console.error(plain(error.message));
  return [];
}

/** Small, because most polls find nothing new. */
const PAGE = 10;
/** Old ones are redelivered on request: every so many polls also go through some of them, in turn. */
const LOOKS_UNTIL_OLD = 3;
const OLD_PAGE = 100;

/** Finds everything that has not been forwarded yet, in chronological order. */
function createLook(client: Client, id: string, seen: ReadonlySet<string>): () => Promise<WebhookDelivery[]> {
  const isFresh = (delivery: WebhookDelivery) => !seen.has(nameOf(delivery));
  let [looks, oldOffset] = [0, 0];
  return async () => {
    const fresh: WebhookDelivery[] = [];
    for (let offset = 0, isMore = true; isMore; offset += PAGE) {
      const unseen = (await client.webhooks.deliveries(id, { limit: PAGE, offset })).deliveries.filter(isFresh);
      fresh.push(...unseen);
      isMore = unseen.length === PAGE;
    }
    looks += 1;
    if (looks % LOOKS_UNTIL_OLD === 0) {
      const { deliveries, total } = await client.webhooks.deliveries(id, { limit: OLD_PAGE, offset: oldOffset });
      fresh.push(...deliveries.filter(isFresh));
      oldOffset = oldOffset + OLD_PAGE < total ? oldOffset + OLD_PAGE : 0;
    }
    const distinct = [...new Map(fresh.map((delivery) => [delivery.id, delivery])).values()];
    return distinct.sort((one, other) => sequenceOf(one) - sequenceOf(other));
  };
}

/** A redelivered event is forwarded again. */
function nameOf({ id, deliveredAt }: WebhookDelivery): string {
  return `${id} ${deliveredAt ?? ""}`;
}

function sequenceOf({ payload }: WebhookDelivery): number {
  const { sequence }: { sequence?: number } = JSON.parse(payload);
  return sequence ?? 0;
}

/** Sends it once; returns the status, or why there is none. */
async function forward({ id, payload }: WebhookDelivery, signer: Signer, url: string): Promise<number | string> {
  const at = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": signer.sign(id, at, payload),
  };
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: payload,
      redirect: "manual",
      signal: AbortSignal.timeout(15_000),
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return plain(cause instanceof Error ? cause.message || cause.name : String(cause));
  }
}

function say({ json }: ClientOptions, value: object, line: string): void {
  console.log(json ? JSON.stringify(value) : line);
}

const MARK = "ampost listen on";

function marked(pid: number): string {
  return `${MARK} ${hostname()}, process ${pid}`.slice(0, 200);
}

/** If it was killed, it could not delete its webhook; the server does that after a week. */
async function removeLeftOvers(client: Client): Promise<void> {
  const { webhooks } = await client.webhooks.list();
  for (const { id, url, description } of webhooks) {
    const pid = Number(/process (\d+)$/.exec(description)?.[1]);
    if (url === null && description === marked(pid) && !isAlive(pid)) await client.webhooks.delete(id);
  }
}
