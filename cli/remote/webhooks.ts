import type { EventType, Webhook } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { type ClientOptions, withClient } from "./client-command.ts";
import { columns, plain, statusOf } from "./show.ts";

export async function runListWebhooks(options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { webhooks } = await client.webhooks.list();
    answer(options, { webhooks }, webhooks.length > 0 ? columns(webhooks.map(rowOf)) : ["No webhooks found."]);
  });
}

export async function runCreateWebhook(
  url: string,
  options: ClientOptions & { events?: EventType[]; description?: string },
): Promise<void> {
  const { events = [], description } = options;
  await withClient(options, async (client) => {
    const { webhook } = await client.webhooks.create({
      url,
      events,
      ...(description !== undefined && { description }),
    });
    answer(options, { webhook }, [
      webhook.id,
      `The secret that signs its requests is shown only now: ${webhook.secret}`,
    ]);
  });
}

export async function runTestWebhook(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { delivery } = await client.webhooks.test(id);
    answer(options, { delivery }, [`Sending webhook.test. See \`ampost webhooks deliveries ${id}\`.`]);
  });
}

export async function runListDeliveries(id: string, options: ClientOptions & { limit: number }): Promise<void> {
  await withClient(options, async (client) => {
    const page = await client.webhooks.deliveries(id, { limit: options.limit });
    const rows = page.deliveries.map(({ id: deliveryId, type, status, attempts, createdAt }) => [
      deliveryId,
      createdAt,
      statusOf(status),
      type,
      attempts.map((attempt) => attempt.status ?? plain(attempt.error ?? "no response")).join(", "),
    ]);
    answer(options, page, rows.length > 0 ? columns(rows) : ["No deliveries in the last 30 days."]);
  });
}

export async function runDeleteWebhook(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => answer(options, await client.webhooks.delete(id), [`Deleted ${id}.`]));
}

function rowOf({ id, status, url, events, disabledReason }: Webhook): string[] {
  const what = events.length === 0 ? "all events" : events.join(",");
  return [id, statusOf(status), plain(url ?? "no URL"), disabledReason === null ? what : plain(disabledReason)];
}
