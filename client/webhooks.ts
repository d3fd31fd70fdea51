import { type CallOptions, type Connection, everyItem, path, read, write, type WriteOptions } from "./call.ts";
import type { DeliveryFilter, NewWebhook, Webhook, WebhookChanges, WebhookDelivery } from "./types.ts";

export function createWebhooks(connection: Connection) {
  const one = (id: string) => path`/api/v1/webhooks/${id}`;
  return {
    /** Only this response, and that of `rotateSecret`, has the `secret`. */
    async create(webhook: NewWebhook, options: WriteOptions = {}): Promise<{ webhook: Webhook }> {
      return (await write<{ webhook: Webhook }>(connection, "POST", "/api/v1/webhooks", { ...options, body: webhook }))
        .answer;
    },
    async list(options: CallOptions = {}): Promise<{ webhooks: Webhook[] }> {
      return await read(connection, "/api/v1/webhooks", options);
    },
    async get(id: string, options: CallOptions = {}): Promise<{ webhook: Webhook }> {
      return await read(connection, one(id), options);
    },
    async update(id: string, changes: WebhookChanges, options: WriteOptions = {}): Promise<{ webhook: Webhook }> {
      return (await write<{ webhook: Webhook }>(connection, "PATCH", one(id), { ...options, body: changes })).answer;
    },
    async delete(id: string, options: WriteOptions = {}): Promise<{ webhook: Webhook }> {
      return (await write<{ webhook: Webhook }>(connection, "DELETE", one(id), options)).answer;
    },
    /** Creates a new secret; for 24 hours, deliveries are also signed with the old one. */
    async rotateSecret(id: string, options: WriteOptions = {}): Promise<{ webhook: Webhook }> {
      return (await write<{ webhook: Webhook }>(connection, "POST", `${one(id)}/rotate-secret`, options)).answer;
    },
    /** Sends an event of type `webhook.test`. */
    async test(id: string, options: WriteOptions = {}): Promise<{ delivery: WebhookDelivery }> {
      return (await write<{ delivery: WebhookDelivery }>(connection, "POST", `${one(id)}/test`, options)).answer;
    },
    /** Deliveries of the last 30 days, newest first, with every attempt. */
    async deliveries(
      id: string,
      filter: DeliveryFilter = {},
      options: CallOptions = {},
    ): Promise<{ deliveries: WebhookDelivery[]; total: number }> {
      return await read(connection, `${one(id)}/deliveries`, { ...options, query: filter });
    },
    /** All of them, newest first, fetched page by page as needed. */
    iterateDeliveries(
      id: string,
      { limit, ...filter }: Omit<DeliveryFilter, "offset"> = {},
      options: CallOptions = {},
    ): AsyncGenerator<WebhookDelivery, void> {
      return everyItem(
        async (page) =>
          (
            await read<{ deliveries: WebhookDelivery[] }>(connection, `${one(id)}/deliveries`, {
              ...options,
              query: { ...filter, ...page },
            })
          ).deliveries,
        limit,
      );
    },
    /** Resends the same bytes. */
    async redeliver(deliveryId: string, options: WriteOptions = {}): Promise<{ delivery: WebhookDelivery }> {
      return (
        await write<{ delivery: WebhookDelivery }>(
          connection,
          "POST",
          path`/api/v1/webhook-deliveries/${deliveryId}/redeliver`,
          options,
        )
      ).answer;
    },
  };
}
