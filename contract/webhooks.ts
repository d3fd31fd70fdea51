import { z } from "zod";

import { EVENT_TYPES } from "../model/events.ts";
import { id, idParam, limit, mode, offset, time, total, webUrl } from "./fields.ts";
import { operation, plain } from "./operation.ts";

/** A user and mode. */
export const MAX_WEBHOOKS = 20;

const events = z
  .array(z.enum(EVENT_TYPES))
  .max(EVENT_TYPES.length)
  .describe("The events to be told of; an empty list means all.")
  .meta({ examples: [["post.published", "post.failed"]] });
const url = webUrl
  .describe("Where events are sent by POST. It has to be reachable from the internet.")
  .meta({ examples: ["https://app.example.com/ampost-events"] });
const description = z
  .string()
  .max(200)
  .describe("A note for yourself.")
  .meta({ examples: ["The shop's own server"] });

export const webhook = z.object({
  id,
  url: z
    .string()
    .nullable()
    .describe("Where events are sent; `null`: nowhere, its deliveries are read.")
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
    .describe("What deliveries are signed with (Standard Webhooks). It is shown where it is made, and never again.")
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
    .describe("The HTTP status; null where none came.")
    .meta({ examples: [200] }),
  durationMilliseconds: z.number().meta({ examples: [38.2] }),
  error: z
    .string()
    .nullable()
    .describe("Why no answer came.")
    .meta({ examples: [null] }),
  answer: z
    .string()
    .nullable()
    .describe("The beginning of the answer.")
    .meta({ examples: ["ok"] }),
});

export const delivery = z.object({
  id: id.describe("The same as the header `webhook-id`, in every try."),
  webhookId: id,
  type: z.string().meta({ examples: ["post.published"] }),
  postId: id.nullable(),
  status: z
    .enum(["pending", "delivered", "failed"])
    .describe("`failed`: it was given up after days of tries, or the endpoint was disabled.")
    .meta({ examples: ["delivered"] }),
  attempts: z.array(attempt).describe("The latest tries, oldest first."),
  payload: z
    .string()
    .describe("The body, as it was sent.")
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
    "From now on the events of this mode are sent to the URL, signed in the Standard Webhooks format. A delivery that is not answered with a status of 2xx is tried again for three days; 410 disables the webhook. The answer shows the signing secret, and it is shown never again.",
  body: z.strictObject({
    url: url
      .nullable()
      .describe(
        "Where events are sent by POST. It has to be reachable from the internet. `null`: nothing is sent, and you read the deliveries; such a webhook goes away when nobody has read them for a week.",
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
  description: "All webhooks of this mode, oldest first.",
  answer: z.object({ webhooks: z.array(webhook) }),
});

export const webhooksGet = operation({
  ...plain,
  name: "webhooks_get",
  method: "GET",
  path: "/api/v1/webhooks/:id",
  summary: "Get a webhook",
  description: "One webhook, without its secret.",
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
    'Changes the members given. `status: "active"` enables a disabled webhook again; what happened meanwhile is not sent afterwards.',
  params: idParam,
  body: z.strictObject({
    url: url.optional(),
    events: events.optional(),
    description: description.optional(),
    status: z
      .enum(["active", "disabled"])
      .optional()
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
  description: "Nothing more is sent to it. Its delivery log goes with it.",
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
    "Makes a new signing secret and shows it. For the next 24 hours every delivery carries a signature of the old secret too, so that none is lost while you change it.",
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
    "Sends an event of type `webhook.test`, whatever events the webhook asks for. The delivery shows what came of it.",
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
  description: "What was sent to a webhook in the last 30 days, newest first, with every try.",
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
  summary: "Send a delivery again",
  description: "Sends the same bytes with the same `webhook-id` again, whatever came of it before.",
  params: idParam,
  writes: true,
  answer: oneDelivery,
  errors: ["NOT_FOUND"],
});
