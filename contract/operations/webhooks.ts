import { z } from "zod";

import { EVENT_TYPES } from "../../model/events.ts";
import { id, idParam, limit, mode, offset, time, total, webUrl } from "../fields.ts";
import { operation, plain } from "../operation.ts";

/** A user and mode. */
export const MAX_WEBHOOKS = 20;

const events = z
  .array(z.enum(EVENT_TYPES))
  .max(EVENT_TYPES.length)
  .describe("Events to send. An empty list means all.")
  .meta({ examples: [["post.published", "post.failed"]] });
const url = webUrl
  .describe("URL to send events to by POST. Must be publicly reachable.")
  .meta({ examples: ["https://app.example.com/ampost-events"] });
const description = z
  .string()
  .max(200)
  .describe("A note for your own use.")
  .meta({ examples: ["Shop server"] });

export const webhook = z.object({
  id,
  url: z
    .string()
    .nullable()
    .describe("URL that events are sent to. `null` if you read the deliveries instead.")
    .meta({ examples: ["https://app.example.com/ampost-events"] }),
  description: z.string().meta({ examples: [""] }),
  events: z.array(z.enum(EVENT_TYPES)).meta({ examples: [["post.published", "post.failed"]] }),
  status: z.enum(["active", "disabled"]).meta({ examples: ["active"] }),
  disabledReason: z
    .string()
    .nullable()
    .meta({ examples: [null] }),
  secret: z
    .string()
    .nullable()
    .describe("Secret for verifying signatures (Standard Webhooks). Returned only when it is created.")
    .meta({ examples: [null] }),
  createdAt: time,
  updatedAt: time,
  mode,
});
export type Webhook = z.output<typeof webhook>;

const attempt = z.object({
  at: time,
  status: z
    .int()
    .nullable()
    .describe("HTTP status. Null if no response arrived.")
    .meta({ examples: [200] }),
  durationMilliseconds: z.number().meta({ examples: [38.2] }),
  error: z
    .string()
    .nullable()
    .describe("Why no response arrived.")
    .meta({ examples: [null] }),
  answer: z
    .string()
    .nullable()
    .describe("Beginning of the response.")
    .meta({ examples: ["ok"] }),
});

export const delivery = z.object({
  id: id.describe("Same as the header `webhook-id` in every attempt."),
  webhookId: id,
  type: z.string().meta({ examples: ["post.published"] }),
  postId: id.nullable(),
  status: z
    .enum(["pending", "delivered", "failed"])
    .describe("`failed` if all attempts over several days failed, or the webhook was disabled.")
    .meta({ examples: ["delivered"] }),
  attempts: z.array(attempt).describe("Latest attempts, oldest first."),
  payload: z
    .string()
    .describe("The body that was sent.")
    .meta({
      examples: [
        '{"type":"post.published","timestamp":"2026-12-01T09:30:00.000Z","data":{"post":{"id":"01980b7a-6c00-7000-8000-000000000001"}}}',
      ],
    }),
  createdAt: time,
  deliveredAt: time.nullable(),
  mode,
});
export type WebhookDelivery = z.output<typeof delivery>;

const oneWebhook = z.object({ webhook });
const oneDelivery = z.object({ delivery });

export const webhooksCreate = operation({
  ...plain,
  name: "webhooks_create",
  method: "POST",
  path: "/api/v1/webhooks",
  summary: "Create a webhook",
  description:
    "Sends events in this mode to the URL, signed according to Standard Webhooks. " +
    "A delivery that does not get a 2xx response is retried for three days; a 410 response disables the webhook. " +
    "The signing secret is returned only in this response.",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description: "Sends events in this mode to a URL. The signing secret is shown only in this result: pass it on.",
    shownOnce: "Only the first result had the `secret`. If it is lost, call webhooks_rotate_secret.",
  },
  body: z.strictObject({
    url: url
      .nullable()
      .describe(
        "URL to send events to by POST. Must be publicly reachable. `null` if you read the deliveries instead; " +
          "such a webhook is deleted if its deliveries are not read for a week.",
      ),
    events: events.default([]),
    description: description.default(""),
  }),
  takes: "required",
  writes: true,
  answer: oneWebhook,
  status: 201,
});

export const webhooksList = operation({
  ...plain,
  name: "webhooks_list",
  method: "GET",
  path: "/api/v1/webhooks",
  summary: "List webhooks",
  description: "Lists the webhooks in this mode, oldest first.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  answer: z.object({ webhooks: z.array(webhook) }),
});

export const webhooksGet = operation({
  ...plain,
  name: "webhooks_get",
  method: "GET",
  path: "/api/v1/webhooks/:id",
  summary: "Get a webhook",
  description: "Returns a webhook, without its secret.",
  params: idParam,
  answer: oneWebhook,
  errors: ["NOT_FOUND"],
});

export const webhooksUpdate = operation({
  ...plain,
  name: "webhooks_update",
  method: "PATCH",
  path: "/api/v1/webhooks/:id",
  summary: "Update a webhook",
  description:
    'Updates the fields you send. `status: "active"` enables a disabled webhook; ' +
    "events that happened while it was disabled are not sent.",
  tool: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  params: idParam,
  body: z.strictObject({
    url: url.optional(),
    events: events.optional(),
    description: description.optional(),
    status: z
      .enum(["active", "disabled"])
      .optional()
      .describe("`active` enables a disabled webhook.")
      .meta({ examples: ["active"] }),
  }),
  takes: "required",
  writes: true,
  answer: oneWebhook,
  errors: ["NOT_FOUND"],
});

export const webhooksDelete = operation({
  ...plain,
  name: "webhooks_delete",
  method: "DELETE",
  path: "/api/v1/webhooks/:id",
  summary: "Delete a webhook",
  description: "Deletes a webhook and its delivery log. No more events are sent to it.",
  tool: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  params: idParam,
  writes: true,
  answer: oneWebhook,
  errors: ["NOT_FOUND"],
});

export const webhooksRotateSecret = operation({
  ...plain,
  name: "webhooks_rotate_secret",
  method: "POST",
  path: "/api/v1/webhooks/:id/rotate-secret",
  summary: "Rotate a webhook's secret",
  description:
    "Creates a new signing secret and returns it. " +
    "For the next 24 hours, every delivery is also signed with the old secret, " +
    "so that you can switch without losing any.",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Creates a new signing secret. It is shown only in this result: pass it on. " +
      "For 24 hours, deliveries are also signed with the old one.",
    shownOnce: "Only the first result had the `secret`. If it is lost, rotate it again with another idempotencyKey.",
  },
  params: idParam,
  writes: true,
  answer: oneWebhook,
  errors: ["NOT_FOUND"],
});

export const webhooksTest = operation({
  ...plain,
  name: "webhooks_test",
  method: "POST",
  path: "/api/v1/webhooks/:id/test",
  summary: "Send a test event",
  description:
    "Sends an event of type `webhook.test`, regardless of the webhook's events. The delivery shows the result.",
  params: idParam,
  writes: true,
  answer: oneDelivery,
  errors: ["NOT_FOUND"],
});

export const webhooksDeliveries = operation({
  ...plain,
  name: "webhooks_deliveries",
  method: "GET",
  path: "/api/v1/webhooks/:id/deliveries",
  summary: "List deliveries",
  description: "Returns deliveries to a webhook in the last 30 days, newest first, with every attempt.",
  params: idParam,
  query: z.strictObject({
    status: z
      .enum(["pending", "delivered", "failed"])
      .optional()
      .meta({ examples: ["failed"] }),
    limit,
    offset,
  }),
  answer: z.object({ deliveries: z.array(delivery), total }),
  errors: ["NOT_FOUND"],
});

export const deliveriesRedeliver = operation({
  ...plain,
  name: "webhook_deliveries_redeliver",
  method: "POST",
  path: "/api/v1/webhook-deliveries/:id/redeliver",
  summary: "Resend a delivery",
  description: "Resends the same bytes with the same `webhook-id`, regardless of the earlier result.",
  params: idParam,
  writes: true,
  answer: oneDelivery,
  errors: ["NOT_FOUND"],
});
