import { z } from "zod";

import { time } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { plan } from "./usage.ts";

const limit = z
  .int()
  .min(0)
  .nullable()
  .meta({ examples: [120] });

/** What a plan allows; null: unlimited. */
const limits = z.object({
  createPost: limit,
  publishPost: limit,
  connectPlatform: limit,
  mediaUpload: limit,
  apiRead: limit,
  postsPerMonth: limit,
  mediaUploadsPerMonth: limit,
  apiRequestsPerMonth: limit,
  maxScheduledPosts: limit,
  maxStorageBytes: limit,
});

const billing = z.object({
  plan: plan.describe("The plan whose limits apply. `self-hosted` if the instance has no billing."),
  status: z
    .enum(["none", "trialing", "active", "past_due", "canceled"])
    .describe("Status of the subscription. `none` if there never was one, `canceled` if it is over.")
    .meta({ examples: ["active"] }),
  currentPeriodEndsAt: time
    .nullable()
    .describe(
      "When the paid period ends: it is then renewed, unless `cancelAtPeriodEnd`. Null without a subscription.",
    ),
  cancelAtPeriodEnd: z
    .boolean()
    .describe("Whether the subscription was cancelled and ends at `currentPeriodEndsAt`.")
    .meta({ examples: [false] }),
  graceEndsAt: time
    .nullable()
    .describe("After a failed payment: until when the plan stays. Otherwise null.")
    .meta({ examples: [null] }),
  plans: z
    .array(
      z.object({
        name: plan,
        monthlyPriceUsd: z
          .number()
          .min(0)
          .meta({ examples: [59] }),
        limits: limits.describe(
          "Requests per minute (`connectPlatform`: per hour) and monthly quotas in live mode. Null if unlimited.",
        ),
      }),
    )
    .describe("The plans of this instance."),
});
export type BillingState = z.output<typeof billing>;

export const billingGet = operation({
  ...plain,
  name: "billing_get",
  method: "GET",
  path: "/api/billing",
  summary: "Get plan and subscription",
  description: "Returns your plan, the status of your subscription, and what every plan costs and allows.",
  auth: "session",
  answer: z.object({ billing }),
});

const answer = z.object({
  url: z
    .url()
    .describe("Open it in the browser. It works once, for a short time.")
    .meta({ examples: ["https://checkout.stripe.com/c/pay/cs_live_a1Example"] }),
});

export const billingCheckout = operation({
  ...plain,
  name: "billing_checkout",
  method: "POST",
  path: "/api/billing/checkout",
  summary: "Subscribe to a plan",
  description:
    "Returns a page where you pay for a plan. If you already have a subscription, it is a page where you confirm " +
    "the change to that plan. Afterwards, the browser returns to the billing page.",
  auth: "session",
  body: z.strictObject({
    plan: z
      .enum(["creator", "pro", "scale"])
      .describe("The plan to change to.")
      .meta({ examples: ["pro"] }),
  }),
  takes: "required",
  writes: true,
  answer,
  errors: ["NOT_FOUND"],
});

export const billingPortal = operation({
  ...plain,
  name: "billing_portal",
  method: "POST",
  path: "/api/billing/portal",
  summary: "Manage the subscription",
  description: "Returns a page where you change how you pay, see invoices, change the plan or cancel.",
  auth: "session",
  writes: true,
  answer,
});
