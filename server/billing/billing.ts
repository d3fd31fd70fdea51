import type { Stripe } from "stripe";
import { z } from "zod";

import {
  type PaidPlan,
  type Prices,
  reference,
  type Subscription,
  subscriptionAnswer,
  toSubscription,
  USER_METADATA,
} from "./subscription.ts";

export interface BillingSettings {
  secretKey: string;
  webhookSecret: string;
  prices: Prices;
  /** How long a user's first subscription is free. */
  trialDays: number;
  automaticTax: boolean;
  collectTaxIds: boolean;
  /** Without a trailing slash. */
  apiUrl: string;
}

/** Stripe cannot be reached, refused a request or answered something unexpected. */
export class BillingError extends Error {
  override name = "BillingError";
  /** The HTTP status, null without an answer; and Stripe's own code. */
  readonly status: number | null;
  readonly code: string | null;

  constructor(message: string, { status = null, code = null }: { status?: number | null; code?: string | null } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The signature of an event is wrong, or too old. */
export class WrongSignature extends Error {
  override name = "WrongSignature";
}

/** A signed event. Its object has the shape of the webhook endpoint's API version, which can be any. */
export type StripeEvent = z.output<typeof event>;

export interface Checkout {
  id: string;
  status: "open" | "complete" | "expired";
  /** Where it is paid; null unless it is open. */
  url: string | null;
  subscriptionId: string | null;
}

/** Payments, through Stripe. Everything but `readEvent` throws a BillingError. */
export interface Billing {
  settings: BillingSettings;
  /** Verifies the signature of a webhook request. Throws WrongSignature. */
  readEvent(body: string, signature: string | undefined): Promise<StripeEvent>;
  /** Returns the customer's ID. With the same key, it is the same customer for a day. */
  createCustomer(user: { id: string; email: string }, idempotencyKey: string): Promise<string>;
  /** Where Stripe sends invoices and receipts. Does nothing if the customer is gone. */
  changeEmail(customerId: string, email: string): Promise<void>;
  /** Ends the customer's subscriptions too. Does nothing if they are gone. */
  deleteCustomer(customerId: string): Promise<void>;
  openCheckout(
    wanted: { customerId: string; userId: string; plan: PaidPlan; returnUrl: string; hasTrial: boolean },
    idempotencyKey: string,
  ): Promise<Checkout>;
  /** Null if Stripe does not know it. */
  readCheckout(id: string): Promise<Checkout | null>;
  /** After this, nobody can pay it. */
  expireCheckout(id: string): Promise<void>;
  /** A page where the customer manages the subscription or, with `change`, confirms another plan. Returns its URL. */
  openPortal(wanted: {
    customerId: string;
    returnUrl: string;
    change?: { subscriptionId: string; itemId: string; plan: PaidPlan };
  }): Promise<string>;
  /** Null if Stripe does not know it. */
  readSubscription(id: string): Promise<Subscription | null>;
  cancelSubscription(id: string): Promise<void>;
  /** For `ampost doctor`: a price, and what the customer portal allows; null if there is none. */
  readPrice(id: string): Promise<z.output<typeof price> | null>;
  readPortalFeatures(): Promise<z.output<typeof portalFeatures> | null>;
}

/** Nobody waits longer for a page. */
const TIMEOUT_MILLISECONDS = 10_000;

/** A client that has asked nothing yet: the library is loaded when it is first used, and is then kept. */
export function createBilling(settings: BillingSettings): Billing {
  let opened: Promise<Stripe> | undefined;
  const open = () => (opened ??= openStripe(settings));
  const { protocol } = new URL(settings.apiUrl);
  const pageUrl = z.url().refine((url) => URL.parse(url)?.protocol === "https:" || protocol === "http:");
  const checkout = checkoutAnswer(pageUrl);
  const portal = z.object({ url: pageUrl });

  /** Asks Stripe, and reads what is used of the answer. */
  const ask = async <Answer extends z.ZodType>(
    answer: Answer,
    request: (stripe: Stripe) => Promise<unknown>,
  ): Promise<z.output<Answer>> => {
    const stripe = await open();
    const received = await request(stripe).catch((error: unknown) => {
      throw error instanceof stripe.errors.StripeError
        ? new BillingError(`Stripe: ${error.message}`, {
            status: error.statusCode ?? null,
            code: error.code ?? null,
          })
        : error;
    });
    return readAs(answer, received);
  };
  /** Null if Stripe does not know the object. */
  const find = async <Answer extends z.ZodType>(answer: Answer, request: (stripe: Stripe) => Promise<unknown>) =>
    await ask(answer, request).catch((error: unknown) => {
      if (error instanceof BillingError && error.status === 404) return null;
      throw error;
    });

  return {
    settings,
    readEvent: async (body, signature) => {
      const stripe = await open();
      let received: unknown;
      try {
        received = stripe.webhooks.constructEvent(body, signature ?? "", settings.webhookSecret);
      } catch (error) {
        throw new WrongSignature(error instanceof Error ? error.message : String(error));
      }
      return readAs(event, received);
    },
    createCustomer: async ({ id, email }, idempotencyKey) =>
      (
        await ask(created, (stripe) =>
          stripe.customers.create({ email, metadata: { [USER_METADATA]: id } }, { idempotencyKey }),
        )
      ).id,
    changeEmail: async (customerId, email) =>
      void (await find(created, (stripe) => stripe.customers.update(customerId, { email }))),
    deleteCustomer: async (customerId) => void (await find(created, (stripe) => stripe.customers.del(customerId))),
    openCheckout: ({ customerId, userId, plan, returnUrl, hasTrial }, idempotencyKey) =>
      ask(checkout, (stripe) =>
        stripe.checkout.sessions.create(
          {
            mode: "subscription",
            customer: customerId,
            client_reference_id: userId,
            line_items: [{ price: settings.prices[plan][0], quantity: 1 }],
            success_url: `${returnUrl}?notice=subscribed`,
            cancel_url: returnUrl,
            subscription_data: {
              metadata: { [USER_METADATA]: userId },
              ...(hasTrial && settings.trialDays > 0 ? { trial_period_days: settings.trialDays } : {}),
            },
            ...(settings.automaticTax ? { automatic_tax: { enabled: true } } : {}),
            ...(settings.collectTaxIds ? { tax_id_collection: { enabled: true } } : {}),
            // Taxes depend on where the customer is, and tax IDs on their name, so both are kept.
            ...(settings.automaticTax || settings.collectTaxIds
              ? { customer_update: { address: "auto", name: "auto" } as const }
              : {}),
          },
          { idempotencyKey },
        ),
      ),
    readCheckout: (id) => find(checkout, (stripe) => stripe.checkout.sessions.retrieve(id)),
    expireCheckout: async (id) => void (await find(created, (stripe) => stripe.checkout.sessions.expire(id))),
    openPortal: async ({ customerId, returnUrl, change }) =>
      (
        await ask(portal, (stripe) =>
          stripe.billingPortal.sessions.create({
            customer: customerId,
            return_url: returnUrl,
            ...(change === undefined
              ? {}
              : {
                  flow_data: {
                    type: "subscription_update_confirm" as const,
                    subscription_update_confirm: {
                      subscription: change.subscriptionId,
                      items: [{ id: change.itemId, price: settings.prices[change.plan][0], quantity: 1 }],
                    },
                    after_completion: {
                      type: "redirect" as const,
                      redirect: { return_url: `${returnUrl}?notice=changed` },
                    },
                  },
                }),
          }),
        )
      ).url,
    readSubscription: async (id) => {
      const answer = await find(subscriptionAnswer, (stripe) =>
        stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] }),
      );
      return answer === null ? null : toSubscription(answer, settings.prices);
    },
    cancelSubscription: async (id) => void (await find(created, (stripe) => stripe.subscriptions.cancel(id))),
    readPrice: (id) => find(price, (stripe) => stripe.prices.retrieve(id)),
    readPortalFeatures: async () =>
      (
        await ask(portalList, (stripe) =>
          stripe.billingPortal.configurations.list({
            active: true,
            is_default: true,
            limit: 1,
            expand: ["data.features.subscription_update.products"],
          }),
        )
      ).data[0]?.features ?? null,
  };
}

function readAs<Shape extends z.ZodType>(shape: Shape, received: unknown): z.output<Shape> {
  const read = shape.safeParse(received);
  if (read.success) return read.data;
  throw new BillingError(`What Stripe sent is not as documented: ${z.prettifyError(read.error)}`);
}

async function openStripe({ secretKey, apiUrl }: BillingSettings): Promise<Stripe> {
  const { default: Library } = await import("stripe");
  const { protocol, hostname, port } = new URL(apiUrl);
  const isHttps = protocol === "https:";
  return new Library(secretKey, {
    host: hostname,
    port: port === "" ? (isHttps ? 443 : 80) : Number(port),
    protocol: isHttps ? "https" : "http",
    timeout: TIMEOUT_MILLISECONDS,
    maxNetworkRetries: 2,
    telemetry: false,
  });
}

const created = z.object({ id: z.string().min(1).max(255) });

const event = z.object({
  id: z.string().min(1).max(255),
  type: z.string().min(1).max(255),
  data: z.object({ object: z.record(z.string(), z.unknown()) }),
});

const checkoutAnswer = (pageUrl: z.ZodType<string>) =>
  z
    .object({
      id: z.string().min(1).max(255),
      status: z.enum(["open", "complete", "expired"]).nullish(),
      url: pageUrl.nullish(),
      subscription: reference.nullish(),
    })
    .transform(({ id, status, url, subscription }): Checkout => ({
      id,
      status: status ?? "open",
      url: url ?? null,
      subscriptionId: subscription ?? null,
    }));

const price = z.object({
  active: z.boolean(),
  currency: z.string(),
  unit_amount: z.number().nullish(),
  recurring: z.object({ interval: z.string(), interval_count: z.number() }).nullish(),
});

const portalFeatures = z.object({
  subscription_update: z.object({
    enabled: z.boolean(),
    products: z.array(z.object({ prices: z.array(z.string()) })).nullish(),
  }),
  subscription_cancel: z.object({ enabled: z.boolean() }),
});
const portalList = z.object({ data: z.array(z.object({ features: portalFeatures })) });
