import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { Stripe } from "stripe";

import type { BillingSettings } from "../server/billing/billing.ts";

/**
 * A stand-in of Stripe, written from its API reference (version 2026-08-26.dahlia): form-encoded requests, idempotency
 * keys, error objects, hosted pages that a browser can walk through, and signed events.
 */
export interface StripeStandIn {
  url: string;
  /** Settings that lead to it. */
  settings: BillingSettings;
  /** The same as environment variables. */
  environment: Record<string, string>;
  requests: readonly StripeRequest[];
  customers: ReadonlyMap<string, Customer>;
  checkouts: ReadonlyMap<string, Checkout>;
  subscriptions: ReadonlyMap<string, Subscription>;
  prices: ReadonlyMap<string, Price>;
  portal: PortalFeatures | null;
  /** All events so far, oldest first. */
  events: readonly StripeEvent[];
  /** Where every event is sent when it happens; null: nowhere. */
  webhookUrl: string | null;
  /** Called before a request is answered. What it returns is answered instead. */
  onRequest: (request: StripeRequest) => Promise<StripeFailure | undefined> | StripeFailure | undefined;
  /** Called when an answer is ready, before it is sent. */
  beforeSend: (request: StripeRequest) => Promise<void> | void;
  /** A body and its signature, as sent at a time (default: now). */
  sign(event: StripeEvent, at?: Date): { body: string; signature: string };
  /** Sends events to a URL, in order. Returns the statuses. */
  deliver(url: string, events: readonly StripeEvent[]): Promise<number[]>;
  /** The customer pays an open checkout. Returns the subscription. */
  payCheckout(id: string): Promise<Subscription>;
  /** Opens a subscription that no checkout led to. */
  subscribe(customerId: string, price: string, more?: Partial<Subscription>): Promise<Subscription>;
  /** Changes a subscription, and tells of it by events of these types besides `customer.subscription.updated`. */
  change(id: string, changes: Partial<Subscription>, ...types: string[]): Promise<void>;
  /** The renewal cannot be charged. */
  failPayment(id: string, at?: Date): Promise<void>;
  pay(id: string): Promise<void>;
  /** The subscription is over. */
  end(id: string): Promise<void>;
  deleteCustomer(id: string): Promise<void>;
  tell(type: string, object: object): Promise<void>;
  close(): Promise<void>;
}

export interface StripeRequest {
  method: string;
  path: string;
  params: Record<string, unknown>;
  idempotencyKey: string | null;
}

export interface StripeFailure {
  status: number;
  error: { type: string; code?: string; message: string; param?: string };
}

interface Customer {
  id: string;
  object: "customer";
  email: string;
  metadata: Record<string, string>;
}

interface Price {
  id: string;
  object: "price";
  active: boolean;
  currency: string;
  unit_amount: number;
  recurring: { interval: string; interval_count: number } | null;
}

interface Checkout {
  id: string;
  object: "checkout.session";
  status: "open" | "complete" | "expired";
  url: string | null;
  customer: string;
  subscription: string | null;
  client_reference_id: string | null;
  /** What was asked for. */
  params: Record<string, unknown>;
}

export interface Subscription {
  id: string;
  object: "subscription";
  customer: string;
  status: string;
  created: number;
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  ended_at: number | null;
  trial_end: number | null;
  metadata: Record<string, string>;
  items: { object: "list"; data: { id: string; current_period_end: number; price: { id: string } }[] };
  latest_invoice: Invoice;
}

interface Invoice {
  id: string;
  object: "invoice";
  status: string;
  created: number;
  status_transitions: { finalized_at: number };
  parent: { type: "subscription_details"; subscription_details: { subscription: string } };
}

interface PortalFeatures {
  subscription_update: { enabled: boolean; products: { product: string; prices: string[] }[] };
  subscription_cancel: { enabled: boolean };
}

export interface StripeEvent {
  id: string;
  object: "event";
  type: string;
  created: number;
  data: { object: object };
}

const PLAN_PRICES = { creator: 1900, pro: 5900, scale: 24_900 } as const;
const MONTH_SECONDS = 30 * 86_400;

const newId = (kind: string) => `${kind}_${randomBytes(8).toString("hex")}`;
const toSeconds = (date: Date) => Math.floor(date.getTime() / 1000);
const nowSeconds = () => toSeconds(new Date());

export async function startStripe(): Promise<StripeStandIn> {
  const secretKey = `sk_test_${randomBytes(12).toString("hex")}`;
  const webhookSecret = `whsec_${randomBytes(16).toString("hex")}`;
  const requests: StripeRequest[] = [];
  const customers = new Map<string, Customer>();
  const checkouts = new Map<string, Checkout>();
  const portals = new Map<string, { id: string; customer: string; params: Record<string, unknown> }>();
  const subscriptions = new Map<string, Subscription>();
  const events: StripeEvent[] = [];
  const prices = new Map<string, Price>(
    Object.entries(PLAN_PRICES).map(([plan, unit_amount]) => [
      `price_${plan}`,
      {
        id: `price_${plan}`,
        object: "price",
        active: true,
        currency: "usd",
        unit_amount,
        recurring: { interval: "month", interval_count: 1 },
      },
    ]),
  );
  const remembered = new Map<string, { request: string; status: number; body: string }>();

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;

  const standIn: StripeStandIn = {
    url,
    settings: {
      secretKey,
      webhookSecret,
      prices: { creator: ["price_creator"], pro: ["price_pro"], scale: ["price_scale"] },
      trialDays: 0,
      automaticTax: false,
      collectTaxIds: false,
      apiUrl: url,
    },
    environment: {
      STRIPE_SECRET_KEY: secretKey,
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      STRIPE_PRICE_CREATOR: "price_creator",
      STRIPE_PRICE_PRO: "price_pro",
      STRIPE_PRICE_SCALE: "price_scale",
      STRIPE_API_URL: url,
    },
    requests,
    customers,
    checkouts,
    subscriptions,
    prices,
    portal: {
      subscription_update: {
        enabled: true,
        products: [...prices.keys()].map((id) => ({ product: `prod_${id}`, prices: [id] })),
      },
      subscription_cancel: { enabled: true },
    },
    events,
    webhookUrl: null,
    onRequest: () => undefined,
    beforeSend: () => undefined,
    sign: (event, at = new Date()) => {
      const body = JSON.stringify(event, null, 2);
      const timestamp = toSeconds(at);
      const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: webhookSecret, timestamp });
      return { body, signature };
    },
    deliver: async (to, sent) => {
      const statuses: number[] = [];
      for (const event of sent) {
        const { body, signature } = standIn.sign(event);
        const answer = await fetch(to, {
          method: "POST",
          headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature },
          body,
        });
        await answer.arrayBuffer();
        statuses.push(answer.status);
      }
      return statuses;
    },
    payCheckout: async (id) => {
      const checkout = checkouts.get(id);
      if (checkout?.status !== "open") throw new Error(`The checkout ${id} is ${checkout?.status}`);
      const data = Object(checkout.params["subscription_data"]);
      const price = String(Object(Object(checkout.params["line_items"])[0]).price);
      const days = Number(data.trial_period_days ?? 0);
      const ends = days > 0 ? nowSeconds() + days * 86_400 : null;
      checkout.status = "complete";
      checkout.url = null;
      const made = makeSubscription(checkout.customer, price, {
        metadata: { ...data.metadata },
        ...(ends === null ? {} : { status: "trialing", trial_end: ends }),
      });
      checkout.subscription = made.id;
      await standIn.tell("checkout.session.completed", checkout);
      await standIn.tell("customer.subscription.created", wire(made));
      await standIn.tell("invoice.paid", made.latest_invoice);
      return made;
    },
    subscribe: async (customerId, price, more = {}) => {
      const made = makeSubscription(customerId, price, more);
      await standIn.tell("customer.subscription.created", wire(made));
      return made;
    },
    change: async (id, changes, ...types) => {
      const subscription = known(id);
      Object.assign(subscription, changes);
      for (const type of types)
        await standIn.tell(type, type.startsWith("invoice.") ? subscription.latest_invoice : wire(subscription));
      await standIn.tell("customer.subscription.updated", wire(subscription));
    },
    failPayment: async (id, at = new Date()) => {
      const invoice = makeInvoice(id, "open", toSeconds(at));
      await standIn.change(id, { status: "past_due", latest_invoice: invoice }, "invoice.payment_failed");
    },
    pay: async (id) => {
      const { latest_invoice: invoice } = known(id);
      await standIn.change(id, { status: "active", latest_invoice: { ...invoice, status: "paid" } }, "invoice.paid");
    },
    end: async (id) => {
      const subscription = known(id);
      Object.assign(subscription, { status: "canceled", ended_at: nowSeconds() });
      await standIn.tell("customer.subscription.deleted", wire(subscription));
    },
    deleteCustomer: async (id) => {
      const customer = customers.get(id);
      customers.delete(id);
      for (const [subscriptionId, { customer: of, status }] of subscriptions)
        if (of === id && status !== "canceled") await standIn.end(subscriptionId);
      await standIn.tell("customer.deleted", { ...customer, id });
    },
    tell: async (type, object) => {
      const event: StripeEvent = {
        id: newId("evt"),
        object: "event",
        type,
        created: nowSeconds(),
        data: { object: structuredClone(object) },
      };
      events.push(event);
      if (standIn.webhookUrl !== null) await standIn.deliver(standIn.webhookUrl, [event]);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function known(id: string): Subscription {
    const subscription = subscriptions.get(id);
    if (subscription === undefined) throw new Error(`There is no subscription ${id}`);
    return subscription;
  }

  function makeInvoice(subscription: string, status: string, at: number): Invoice {
    return {
      id: newId("in"),
      object: "invoice",
      status,
      created: at,
      status_transitions: { finalized_at: at },
      parent: { type: "subscription_details", subscription_details: { subscription } },
    };
  }

  function makeSubscription(customer: string, price: string, more: Partial<Subscription>): Subscription {
    const id = newId("sub");
    const made: Subscription = {
      id,
      object: "subscription",
      customer,
      status: "active",
      created: nowSeconds(),
      cancel_at: null,
      cancel_at_period_end: false,
      ended_at: null,
      trial_end: null,
      metadata: {},
      items: {
        object: "list",
        data: [
          {
            id: newId("si"),
            current_period_end: more.trial_end ?? nowSeconds() + MONTH_SECONDS,
            price: { id: price },
          },
        ],
      },
      latest_invoice: makeInvoice(id, "paid", nowSeconds()),
      ...more,
    };
    subscriptions.set(id, made);
    return made;
  }

  /** Without `expand`, a reference is an ID. */
  function wire(subscription: Subscription): object {
    return { ...subscription, latest_invoice: subscription.latest_invoice.id };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const body = await readAll(request);
    if (!pathname.startsWith("/v1/")) {
      const page = await showPage(request.method ?? "GET", pathname, new URLSearchParams(body));
      response.writeHead(page.status, { "content-type": "text/html; charset=utf-8", ...page.headers }).end(page.body);
      return;
    }
    const key = request.headers["idempotency-key"];
    const asked: StripeRequest = {
      method: request.method ?? "",
      path: pathname,
      params: parseForm(request.method === "GET" ? searchParams : new URLSearchParams(body)),
      idempotencyKey: typeof key === "string" ? key : null,
    };
    requests.push(asked);
    const send = (status: number, text: string, headers = {}) => {
      response.writeHead(status, { "content-type": "application/json", "request-id": newId("req"), ...headers });
      response.end(text);
    };
    if (request.headers.authorization !== `Bearer ${secretKey}`)
      return send(
        401,
        JSON.stringify({ error: { type: "invalid_request_error", message: "Invalid API Key provided" } }),
      );
    const instead = await standIn.onRequest(asked);
    if (instead !== undefined) return send(instead.status, JSON.stringify({ error: instead.error }));
    const described = JSON.stringify([asked.method, asked.path, asked.params]);
    const before = asked.idempotencyKey === null ? undefined : remembered.get(asked.idempotencyKey);
    if (before !== undefined && before.request !== described)
      return send(400, JSON.stringify({ error: { type: "idempotency_error", message: "Other parameters" } }));
    if (before !== undefined) return send(before.status, before.body, { "idempotent-replayed": "true" });
    const answered = await answer(asked);
    const text = JSON.stringify("error" in answered ? { error: answered.error } : answered.object);
    const status = "error" in answered ? answered.status : 200;
    if (asked.idempotencyKey !== null && request.method === "POST")
      remembered.set(asked.idempotencyKey, { request: described, status, body: text });
    await standIn.beforeSend(asked);
    send(status, text);
  }

  async function answer({ method, path, params }: StripeRequest): Promise<StripeFailure | { object: object }> {
    const [, , kind = "", second = "", third, fourth] = path.split("/");
    const noun = ["checkout", "billing_portal"].includes(kind) ? `${kind}/${second}` : kind;
    const [id, verb] = noun === kind ? [second, third] : [third, fourth];
    const missing = (param: string): StripeFailure => ({
      status: param === "id" ? 404 : 400,
      error: {
        type: "invalid_request_error",
        code: "resource_missing",
        param,
        message: `No such ${param === "id" ? noun : param}: '${param === "id" ? id : String(params[param])}'`,
      },
    });
    const refused = (message: string): StripeFailure => ({
      status: 400,
      error: { type: "invalid_request_error", message },
    });
    switch (`${method} ${noun}${id ? "/:id" : ""}${verb === undefined ? "" : `/${verb}`}`) {
      case "POST customers": {
        const customer: Customer = {
          id: newId("cus"),
          object: "customer",
          email: String(params["email"]),
          metadata: Object(params["metadata"]),
        };
        customers.set(customer.id, customer);
        return { object: customer };
      }
      case "POST customers/:id": {
        const customer = customers.get(id ?? "");
        if (customer === undefined) return missing("id");
        if (params["email"] !== undefined) customer.email = String(params["email"]);
        return { object: customer };
      }
      case "DELETE customers/:id": {
        if (!customers.has(id ?? "")) return missing("id");
        await standIn.deleteCustomer(id ?? "");
        return { object: { id, object: "customer", deleted: true } };
      }
      case "GET prices/:id": {
        const price = prices.get(id ?? "");
        return price === undefined ? missing("id") : { object: price };
      }
      case "GET billing_portal/configurations":
        return {
          object: {
            object: "list",
            has_more: false,
            url: path,
            data: standIn.portal === null ? [] : [{ id: "bpc_1", is_default: true, features: standIn.portal }],
          },
        };
      case "POST checkout/sessions": {
        const customer = String(params["customer"]);
        if (!customers.has(customer)) return missing("customer");
        const price = String(Object(Object(params["line_items"])[0]).price);
        if (!prices.has(price)) return refused(`No such price: '${price}'`);
        const sessionId = newId("cs_test");
        const checkout: Checkout = {
          id: sessionId,
          object: "checkout.session",
          status: "open",
          url: `${url}/pay/${sessionId}`,
          customer,
          subscription: null,
          client_reference_id: String(params["client_reference_id"]),
          params,
        };
        checkouts.set(sessionId, checkout);
        return { object: checkout };
      }
      case "GET checkout/sessions/:id": {
        const checkout = checkouts.get(id ?? "");
        return checkout === undefined ? missing("id") : { object: checkout };
      }
      case "POST checkout/sessions/:id/expire": {
        const checkout = checkouts.get(id ?? "");
        if (checkout === undefined) return missing("id");
        if (checkout.status !== "open") return refused(`This session is ${checkout.status}`);
        Object.assign(checkout, { status: "expired", url: null });
        await standIn.tell("checkout.session.expired", checkout);
        return { object: checkout };
      }
      case "POST billing_portal/sessions": {
        const customer = String(params["customer"]);
        if (!customers.has(customer)) return missing("customer");
        const portal = { id: newId("bps"), customer, params };
        portals.set(portal.id, portal);
        return { object: { ...portal, object: "billing_portal.session", url: `${url}/portal/${portal.id}` } };
      }
      case "GET subscriptions/:id": {
        const subscription = subscriptions.get(id ?? "");
        if (subscription === undefined) return missing("id");
        const isExpanded = Object.values(Object(params["expand"])).includes("latest_invoice");
        return { object: isExpanded ? subscription : wire(subscription) };
      }
      case "DELETE subscriptions/:id": {
        const subscription = subscriptions.get(id ?? "");
        if (subscription === undefined) return missing("id");
        await standIn.end(subscription.id);
        return { object: wire(subscription) };
      }
      default:
        return {
          status: 404,
          error: { type: "invalid_request_error", message: `Unrecognized request URL (${method}: ${path})` },
        };
    }
  }

  /** The hosted pages: a checkout, and the customer portal. */
  async function showPage(
    method: string,
    path: string,
    form: URLSearchParams,
  ): Promise<{ status: number; headers?: Record<string, string>; body?: string }> {
    const [, kind, id = ""] = path.split("/");
    const redirect = (to: unknown) => ({ status: 303, headers: { location: String(to) } });
    const checkout = checkouts.get(id);
    if (kind === "pay" && checkout !== undefined) {
      if (checkout.status !== "open") return { status: 200, body: page("This checkout is over", "") };
      if (method === "POST") {
        await standIn.payCheckout(id);
        return redirect(checkout.params["success_url"]);
      }
      const price = prices.get(String(Object(Object(checkout.params["line_items"])[0]).price));
      const amount = (price?.unit_amount ?? 0) / 100;
      return {
        status: 200,
        body: page(
          "Subscribe",
          `<p>$${amount.toFixed(2)} per month</p><form method="post"><button>Subscribe</button></form>
           <p><a href="${String(checkout.params["cancel_url"])}">Back</a></p>`,
        ),
      };
    }
    const portal = portals.get(id);
    const subscription = [...subscriptions.values()].findLast(({ customer }) => customer === portal?.customer);
    if (kind !== "portal" || portal === undefined || subscription === undefined)
      return { status: 404, body: page("Not found", "") };
    const flow = Object(Object(portal.params["flow_data"])["subscription_update_confirm"]);
    const wanted = Object(Object(flow.items)[0]).price;
    if (method === "GET") {
      const doing = (name: string, label: string) =>
        `<form method="post"><button name="${name}">${label}</button></form>`;
      const { status, cancel_at_period_end: isCancelled } = subscription;
      return {
        status: 200,
        body: page(
          "Manage your subscription",
          `<p>${subscription.items.data[0]?.price.id}, ${status}</p>` +
            (wanted === undefined ? "" : doing("confirm", `Confirm ${wanted}`)) +
            (status === "past_due" ? doing("pay", "Pay with another card") : "") +
            (isCancelled ? doing("resume", "Do not cancel") : doing("cancel", "Cancel subscription")) +
            `<p><a href="${String(portal.params["return_url"])}">Return</a></p>`,
        ),
      };
    }
    if (form.has("confirm")) {
      const [item] = subscription.items.data;
      if (item !== undefined) item.price.id = String(wanted);
      await standIn.change(subscription.id, {});
      return redirect(Object(Object(Object(portal.params["flow_data"])["after_completion"])["redirect"])["return_url"]);
    }
    if (form.has("pay")) await standIn.pay(subscription.id);
    if (form.has("cancel")) await standIn.change(subscription.id, { cancel_at_period_end: true });
    if (form.has("resume")) await standIn.change(subscription.id, { cancel_at_period_end: false });
    return redirect(path);
  }

  return standIn;
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8" /><title>${title}</title></head>
    <body><h1>${title}</h1>${body}</body></html>`;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** "a[b][0]=c" is {a: {b: {0: "c"}}}. */
function parseForm(form: URLSearchParams): Record<string, unknown> {
  const parsed: Record<string, unknown> = {};
  for (const [name, value] of form) {
    const steps = name.split(/[[\]]+/).filter((step) => step !== "");
    const last = steps.pop() ?? "";
    let at = parsed;
    for (const step of steps) at = (at[step] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return parsed;
}
