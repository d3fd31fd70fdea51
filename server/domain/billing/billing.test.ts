import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { z } from "zod";

import { NO_BRAND } from "../../../model/brand.ts";
import { newId } from "../../../model/ids.ts";
import { PLANS } from "../../../model/plans.ts";
import { asRefusal, objectIn } from "../../../tests/answers.ts";
import { seededRandom } from "../../../tests/seeded-random.ts";
import { startStripe, type StripeEvent, type StripeStandIn } from "../../../tests/stripe.ts";
import { tokenFor, visit } from "../../../tests/visitor.ts";
import { createWorld, PASSWORD, type TestTenant, type World } from "../../../tests/world.ts";
import { BillingError, createBilling, type BillingSettings } from "../../billing/billing.ts";
import { BILLING_EMAIL_QUEUE, BILLING_LEAVE_QUEUE } from "../../billing/queues.ts";
import { createHttpApp } from "../../http/app.ts";
import { MAIL_QUEUE } from "../../mail/queues.ts";
import { mailSealContext } from "../../mail/send-mail.ts";
import { createPlanOf } from "../users/plans.ts";
import { changeCustomerEmail } from "./change-email.ts";
import { leaveBilling } from "./leave-billing.ts";
import { careForSubscriptions, type SyncServices } from "./sync-subscriptions.ts";

let stripe: StripeStandIn;
let world: World;
/** Of a second process on the same database. */
let otherUrl = "";
let closeOther: () => Promise<void>;
const terms: BillingSettings = Object.create(null);

const DAY = 86_400_000;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);

before(async () => {
  stripe = await startStripe();
  Object.assign(terms, stripe.settings);
  world = await createWorld({}, { billing: createBilling(terms) });
  const { services } = world;
  const other = await createHttpApp(
    { ...services, planOf: createPlanOf(services, "free"), billing: createBilling(terms) },
    {
      probes: {
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: "", text: "" }),
      },
    },
  );
  otherUrl = await other.listen({ port: 0, host: "127.0.0.1" });
  closeOther = () => other.close();
});
after(async () => {
  await stripe.close();
  await closeOther();
  await world.close();
});
beforeEach(() => {
  Object.assign(terms, stripe.settings);
  Object.assign(stripe, { webhookUrl: null, onRequest: () => undefined, beforeSend: () => undefined });
});

const PATH = "/api/billing/stripe-events";

interface Payer {
  tenant: TestTenant;
  cookie: string;
  email: string;
}

async function newPayer(): Promise<Payer> {
  const { live: tenant } = await world.makeTenants();
  const cookie = await world.signIn(tenant);
  const { body } = await world.callAs(cookie, "GET", "/api/me");
  return { tenant, cookie, email: z.string().parse(objectIn(body, "user").email) };
}

const checkout = (payer: Payer, plan: string) => world.callAs(payer.cookie, "POST", "/api/billing/checkout", { plan });

/** Opens a checkout that must succeed. Returns the last part of its URL. */
async function open(payer: Payer, plan: string): Promise<string> {
  const { status, body } = await checkout(payer, plan);
  assert.equal(status, 200, JSON.stringify(body));
  return z.object({ url: z.url() }).parse(body).url.split("/").at(-1) ?? "";
}

/** A payer with a paid subscription, which all processes have been told of. */
async function newSubscriber(plan = "pro"): Promise<Payer & { id: string; customerId: string }> {
  const payer = await newPayer();
  const begun = stripe.events.length;
  const { id, customer } = await stripe.payCheckout(await open(payer, plan));
  await hear(stripe.events.slice(begun));
  return { ...payer, id, customerId: customer };
}

/** All of these events are received, by either process. */
async function hear(events: readonly StripeEvent[]): Promise<void> {
  for (const [index, event] of events.entries())
    assert.deepEqual(await stripe.deliver((index % 2 === 0 ? world.url : otherUrl) + PATH, [event]), [200], event.type);
}

/** What happens is told at once. */
async function told(happens: () => Promise<void>): Promise<void> {
  const begun = stripe.events.length;
  await happens();
  await hear(stripe.events.slice(begun));
}

const billingAnswer = z.object({
  billing: z.object({
    plan: z.string(),
    status: z.string(),
    currentPeriodEndsAt: z.string().nullable(),
    cancelAtPeriodEnd: z.boolean(),
    graceEndsAt: z.string().nullable(),
    plans: z.array(
      z.object({ name: z.string(), monthlyPriceUsd: z.number(), limits: z.record(z.string(), z.unknown()) }),
    ),
  }),
});

/** What a process that remembers nothing says. */
async function billingOf({ tenant, cookie }: Payer) {
  await world.database.pool.query("select pg_notify('ampost_plans', $1)", [tenant.userId]);
  const { body } = await world.callAs(cookie, "GET", "/api/billing");
  const { billing } = billingAnswer.parse(body);
  const fresh = await createPlanOf(world.services, "free")(tenant.userId);
  return { ...billing, plan: fresh.name };
}

async function stateOf(payer: Payer): Promise<string> {
  const { plan, status } = await billingOf(payer);
  return `${plan} ${status}`;
}

function emailsTo({ email }: Payer): string[] {
  const sealed = z.object({ id: z.string(), sealed: z.string() });
  return world.jobs
    .filter(({ queue }) => queue === MAIL_QUEUE)
    .map(({ data }) => sealed.parse(data))
    .map((job) => JSON.parse(world.services.vault.open(job.sealed, mailSealContext(job.id))))
    .filter(({ to }) => to === email)
    .map(({ subject, text }) => `${subject}\n${text}`);
}
const subjectsTo = (payer: Payer) => emailsTo(payer).map((text) => text.split("\n")[0]);

const syncServices = (): SyncServices => {
  const { billing } = world.services;
  assert.ok(billing);
  return { ...world.services, billing };
};

test("without billing, the instance says that it is self-hosted, and refuses payments with the reason", async () => {
  const own = await createWorld();
  const cookie = await own.signIn(own.live);
  const { body } = await own.callAs(cookie, "GET", "/api/billing");
  const { billing } = billingAnswer.parse(body);
  assert.deepEqual(
    { ...billing, plans: billing.plans.map(({ name }) => name) },
    {
      plan: "self-hosted",
      status: "none",
      currentPeriodEndsAt: null,
      cancelAtPeriodEnd: false,
      graceEndsAt: null,
      plans: ["self-hosted"],
    },
  );
  assert.ok(Object.values(billing.plans[0]?.limits ?? {}).every((limit) => limit === null));
  for (const [path, given] of [
    ["/api/billing/checkout", { plan: "pro" }],
    ["/api/billing/portal", undefined],
  ] as const) {
    const refusal = asRefusal(await own.callAs(cookie, "POST", path, given), 400);
    assert.match(refusal.error, /self-hosted/, path);
  }
  assert.equal((await fetch(own.url + PATH, { method: "POST", body: "{}" })).status, 404);
  await own.close();
});

test("with billing, everyone is on free, with all plans as the table has them, and Stripe is asked nothing", async () => {
  const asked = stripe.requests.length;
  const payer = await newPayer();
  const billing = await billingOf(payer);
  assert.deepEqual([billing.plan, billing.status], ["free", "none"]);
  assert.deepEqual(
    billing.plans,
    (["free", "creator", "pro", "scale"] as const).map((name) => ({ name, ...PLANS[name] })),
  );
  asRefusal(await world.callAs(payer.cookie, "POST", "/api/billing/portal"), 400);
  assert.equal(stripe.requests.length, asked);
});

test("billing is for sessions only, and only for the plans that are sold", async () => {
  const payer = await newPayer();
  for (const [method, path] of [
    ["GET", "/api/billing"],
    ["POST", "/api/billing/checkout"],
    ["POST", "/api/billing/portal"],
  ] as const)
    asRefusal(await world.call(payer.tenant, method, path, method === "POST" ? { plan: "pro" } : undefined), 401);
  for (const plan of ["free", "self-hosted", "PRO", ""]) asRefusal(await checkout(payer, plan), 400);
});

test("a paid checkout gives the plan in every process, until the period is renewed", async () => {
  const payer = await newPayer();
  const known = createPlanOf(world.services, "free");
  assert.equal((await known(payer.tenant.userId)).name, "free");
  const begun = stripe.events.length;
  await stripe.payCheckout(await open(payer, "pro"));
  assert.equal(await stateOf(payer), "free none", "only Stripe's word counts");
  await hear(stripe.events.slice(begun));
  const { plan, status, currentPeriodEndsAt, cancelAtPeriodEnd, graceEndsAt } = await billingOf(payer);
  assert.deepEqual([plan, status, cancelAtPeriodEnd, graceEndsAt], ["pro", "active", false, null]);
  assert.ok(new Date(currentPeriodEndsAt ?? 0) > new Date());
  while ((await known(payer.tenant.userId)).name !== "pro") await new Promise(setImmediate);
  assert.deepEqual((await known(payer.tenant.userId)).limits, PLANS.pro.limits);
  assert.deepEqual(emailsTo(payer), []);
});

test("every POST to Stripe has an idempotency key, and a checkout has the user, price, tax and trial settings", async () => {
  Object.assign(terms, { automaticTax: true, collectTaxIds: true, trialDays: 14 });
  const payer = await newPayer();
  const begun = stripe.requests.length;
  const id = await open(payer, "scale");
  const posts = stripe.requests.slice(begun).filter(({ method }) => method === "POST");
  assert.ok(posts.every(({ idempotencyKey }) => idempotencyKey !== null && idempotencyKey.length < 256));
  const { params } = stripe.checkouts.get(id) ?? assert.fail();
  const returns = `${world.services.settings.appUrl}/settings/plan`;
  assert.deepEqual(params, {
    mode: "subscription",
    customer: stripe.checkouts.get(id)?.customer,
    client_reference_id: payer.tenant.userId,
    line_items: { 0: { price: "price_scale", quantity: "1" } },
    success_url: `${returns}?notice=subscribed`,
    cancel_url: returns,
    subscription_data: { metadata: { ampost_user: payer.tenant.userId }, trial_period_days: "14" },
    automatic_tax: { enabled: "true" },
    tax_id_collection: { enabled: "true" },
    customer_update: { address: "auto", name: "auto" },
  });
  assert.equal(stripe.customers.get(String(params["customer"]))?.email, payer.email);
});

test("only a signature of the endpoint's secret, made within five minutes, is accepted; nothing else is even read", async () => {
  const { id } = await newSubscriber();
  const event = stripe.events.at(-1) ?? assert.fail();
  const fresh = { ...event, id: `evt_${newId()}` };
  const send = async (body: string, signature?: string) => {
    const headers = {
      "content-type": "application/json",
      ...(signature === undefined ? {} : { "stripe-signature": signature }),
    };
    const answer = await fetch(world.url + PATH, { method: "POST", headers, body });
    return { status: answer.status, text: await answer.text() };
  };
  const { body, signature } = stripe.sign(fresh);
  const asked = stripe.requests.length;
  const wrong: Record<string, [string, string?]> = {
    "no signature": [body],
    "an empty one": [body, ""],
    "another's": [body, stripe.sign(event).signature],
    "another body": [body.replace(id, `${id}x`), signature],
    "the same JSON in other bytes": [JSON.stringify(fresh), signature],
    "an old one": [body, stripe.sign(fresh, ago(301_000)).signature],
    "without its time": [body, signature.replace(/t=\d+,/, "")],
    "another scheme": [body, signature.replace("v1=", "v0=")],
    "no body": ["", signature],
  };
  for (const [what, [given, header]] of Object.entries(wrong))
    assert.equal((await send(given, header)).status, 400, what);
  assert.match((await send(body, "t=1,v1=00")).text, /STRIPE_WEBHOOK_SECRET/);
  const long = stripe.sign({ ...fresh, data: { object: { id, more: "x".repeat(1_100_000) } } });
  assert.equal((await send(long.body, long.signature)).status, 413);
  assert.equal(stripe.requests.length, asked);
  assert.deepEqual(await send(body, signature), { status: 200, text: '{"received":true}' });
});

test("an event counts once, however often and to whichever process it is sent", async () => {
  const payer = await newSubscriber();
  const begun = stripe.events.length;
  await stripe.failPayment(payer.id);
  const events = stripe.events.slice(begun);
  const often = Array.from({ length: 5 }, () => events).flat();
  const statuses = await Promise.all(
    [world.url, otherUrl].flatMap((url) => often.map((event) => stripe.deliver(url + PATH, [event]))),
  );
  assert.deepEqual(new Set(statuses.flat()), new Set([200]));
  assert.deepEqual(subjectsTo(payer), ["Your payment failed"]);
  const { rows } = await world.database.pool.query("select id from billing_events where id = any($1)", [
    events.map(({ id }) => id),
  ]);
  assert.equal(rows.length, events.length);
  const asked = stripe.requests.length;
  await hear(events);
  assert.equal(stripe.requests.length, asked, "what is known is not read again");
});

test("in whatever order events come, late, repeated and in two processes, the newest state counts in the end", async () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const random = seededRandom(seed);
    const payer = await newPayer();
    const begun = stripe.events.length;
    const { id } = await stripe.payCheckout(await open(payer, "creator"));
    const item = stripe.subscriptions.get(id)?.items.data[0];
    const steps: (() => Promise<void>)[] = [
      () => stripe.failPayment(id),
      () => stripe.pay(id),
      async () => {
        Object.assign(item ?? {}, { price: { id: "price_scale" } });
        await stripe.change(id, {});
      },
      () => stripe.change(id, { cancel_at_period_end: true }),
      () => stripe.change(id, { cancel_at_period_end: false }),
      () => stripe.failPayment(id),
      () => stripe.change(id, { status: "paused" }, "customer.subscription.paused"),
      () => stripe.pay(id),
    ];
    const taken = steps.slice(0, 2 + Math.floor(random() * (steps.length - 1)));
    const late: StripeEvent[] = [];
    const deliverSome = async (events: readonly StripeEvent[]) => {
      const shuffled = [...events, ...events.filter(() => random() < 0.3)].sort(() => random() - 0.5);
      const sent = shuffled.map((event) => stripe.deliver((random() < 0.5 ? world.url : otherUrl) + PATH, [event]));
      assert.ok((await Promise.all(sent)).flat().every((status) => status === 200));
    };
    let seen = begun;
    for (const step of taken) {
      await step();
      const happened = stripe.events.slice(seen);
      seen = stripe.events.length;
      late.push(...happened.filter(() => random() < 0.5));
      await deliverSome(happened.filter((event) => !late.includes(event)));
    }
    await deliverSome(late);
    const now = stripe.subscriptions.get(id) ?? assert.fail();
    const { plan, status, cancelAtPeriodEnd } = await billingOf(payer);
    const paid = now.items.data[0]?.price.id.replace("price_", "");
    assert.deepEqual(
      { plan, status, cancelAtPeriodEnd },
      {
        plan: now.status === "paused" ? "free" : paid,
        status: now.status === "active" ? "active" : "past_due",
        cancelAtPeriodEnd: now.cancel_at_period_end && now.status !== "paused",
      },
      `seed ${seed} after ${taken.length} steps`,
    );
  }
});

test("an answer of Stripe that arrives late never replaces a newer one", async () => {
  const payer = await newSubscriber();
  const begun = stripe.events.length;
  await stripe.failPayment(payer.id);
  const [failed] = stripe.events.slice(begun);
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  stripe.beforeSend = ({ path }) => {
    if (!path.startsWith("/v1/subscriptions/")) return;
    stripe.beforeSend = () => undefined;
    reached.resolve();
    return held.promise;
  };
  const slow = stripe.deliver(world.url + PATH, [failed ?? assert.fail()]);
  await reached.promise;
  await told(() => stripe.pay(payer.id));
  held.resolve();
  assert.deepEqual(await slow, [200]);
  assert.equal(await stateOf(payer), "pro active");
});

test("an event is not counted while Stripe cannot be asked, so that it is sent again", async () => {
  const payer = await newSubscriber();
  const begun = stripe.events.length;
  await stripe.end(payer.id);
  const ended = stripe.events.slice(begun);
  stripe.onRequest = () => ({ status: 500, error: { type: "api_error", message: "Down" } });
  assert.deepEqual(await stripe.deliver(world.url + PATH, ended), [503]);
  assert.equal(await stateOf(payer), "pro active");
  asRefusal(await checkout(payer, "scale"), 503);
  stripe.onRequest = () => undefined;
  await hear(ended);
  assert.equal(await stateOf(payer), "free canceled");
});

test("events about others' subscriptions, other things and in other versions' shapes do no harm", async () => {
  const payer = await newSubscriber();
  await told(async () => {
    await stripe.subscribe("cus_of_another_product", "price_of_another_product");
    await stripe.tell("customer.subscription.updated", { id: "sub_unknown" });
    await stripe.tell("customer.subscription.updated", { object: "subscription" });
    await stripe.tell("invoice.paid", { id: "in_1", object: "invoice", subscription: null });
    await stripe.tell("payment_intent.succeeded", { id: "pi_1" });
    await stripe.tell("charge.dispute.created", { id: "dp_1", charge: "ch_1" });
    await stripe.tell("customer.deleted", { id: "cus_unknown" });
  });
  assert.equal(await stateOf(payer), "pro active");
  const begun = stripe.events.length;
  await stripe.failPayment(payer.id);
  await stripe.tell("invoice.payment_failed", { id: "in_2", object: "invoice", subscription: payer.id });
  await hear(stripe.events.slice(-1));
  assert.ok(stripe.events.length > begun);
  assert.equal(await stateOf(payer), "pro past_due", "an invoice as before version 2025-03-31");
});

test("a failed payment keeps the plan for exactly seven days, whether or not a worker runs, and is told once", async () => {
  const soon = await newSubscriber();
  const failedAt = new Date(Math.floor(ago(7 * DAY - 60_000).getTime() / 1000) * 1000);
  await told(() => stripe.failPayment(soon.id, failedAt));
  const { plan, status, graceEndsAt } = await billingOf(soon);
  const endsAt = new Date(failedAt.getTime() + 7 * DAY);
  assert.deepEqual([plan, status, graceEndsAt], ["pro", "past_due", endsAt.toISOString()]);
  // Stripe tries again, and makes the next month's invoice; neither prolongs it.
  await told(() => stripe.change(soon.id, {}, "invoice.payment_failed"));
  await told(() => stripe.failPayment(soon.id));
  await told(() => stripe.change(soon.id, { status: "unpaid" }));
  assert.equal((await billingOf(soon)).graceEndsAt, endsAt.toISOString());
  const emails = emailsTo(soon);
  assert.equal(emails.length, 1);
  assert.match(emails[0] ?? "", /^Your payment failed\n/);
  assert.ok(emails[0]?.includes(endsAt.toISOString().slice(0, 16).replace("T", " ")), emails[0]);
  assert.match(emails[0] ?? "", /scheduled posts are published.*nothing new is accepted/);

  const late = await newSubscriber();
  await told(() => stripe.failPayment(late.id, ago(7 * DAY + 1000)));
  assert.equal(await stateOf(late), "free past_due");

  for (const payer of [soon, late]) {
    await told(() => stripe.pay(payer.id));
    assert.equal(await stateOf(payer), "pro active");
    assert.equal((await billingOf(payer)).graceEndsAt, null);
  }
  // A later failure begins anew.
  await told(() => stripe.failPayment(soon.id, ago(DAY)));
  assert.equal(await stateOf(soon), "pro past_due");
  assert.deepEqual(subjectsTo(soon), ["Your payment failed", "Your payment failed"]);
});

test("a process that remembers a plan forgets it at the moment when it ends", async () => {
  const payer = await newSubscriber();
  let time = 0;
  const listener = { on: () => () => undefined };
  const planOf = createPlanOf({ pool: world.database.pool, listener }, "free", () => time);
  const endIn = (seconds: number) =>
    world.database.pool.query(
      "update subscriptions set plan_ends_at = now() + make_interval(secs => $2) where id = $1",
      [payer.id, seconds],
    );
  const nameOf = async () => (await planOf(payer.tenant.userId)).name;
  await endIn(5);
  assert.equal(await nameOf(), "pro");
  await endIn(-1);
  time = 4_000;
  assert.equal(await nameOf(), "pro", "it is remembered");
  // It is stored to the millisecond.
  time = 5_001;
  assert.equal(await nameOf(), "free");
});

test("the end of a plan by time is told once, by the next care for subscriptions", async () => {
  const payer = await newSubscriber();
  await told(() => stripe.failPayment(payer.id, ago(7 * DAY - 60_000)));
  const { rows } = await world.database.pool.query("select tell_at from subscriptions where id = $1", [payer.id]);
  assert.equal(rows[0].tell_at.toISOString(), (await billingOf(payer)).graceEndsAt);
  // A minute later.
  await world.database.pool.query(
    `update subscriptions set past_due_since = past_due_since - interval '1 minute', tell_at = tell_at - interval '1 minute',
       plan_ends_at = plan_ends_at - interval '1 minute' where id = $1`,
    [payer.id],
  );
  for (let round = 0; round < 3; round += 1) await careForSubscriptions(syncServices(), AbortSignal.timeout(60_000));
  assert.deepEqual(subjectsTo(payer), ["Your payment failed", "Your Pro plan has ended"]);
  // Stripe gives up later.
  await told(() => stripe.end(payer.id));
  assert.equal(await stateOf(payer), "free canceled");
  assert.equal(emailsTo(payer).length, 2);
});

test("a cancellation at the period's end keeps the plan until then, can be resumed, and is told", async () => {
  for (const inWords of ["cancel_at_period_end", "cancel_at"] as const) {
    const payer = await newSubscriber();
    const periodEnd = stripe.subscriptions.get(payer.id)?.items.data[0]?.current_period_end ?? 0;
    const cancelled = inWords === "cancel_at" ? { cancel_at: periodEnd } : { cancel_at_period_end: true };
    await told(() => stripe.change(payer.id, cancelled));
    const { plan, status, cancelAtPeriodEnd, currentPeriodEndsAt } = await billingOf(payer);
    assert.deepEqual([plan, status, cancelAtPeriodEnd], ["pro", "active", true], inWords);
    assert.equal(currentPeriodEndsAt, new Date(periodEnd * 1000).toISOString());
    await told(() => stripe.change(payer.id, { cancel_at: null, cancel_at_period_end: false }));
    assert.equal((await billingOf(payer)).cancelAtPeriodEnd, false);
    await told(() => stripe.change(payer.id, cancelled));
    await told(() => stripe.end(payer.id));
    assert.equal(await stateOf(payer), "free canceled");
    assert.deepEqual(subjectsTo(payer), [
      "Your Pro plan will end",
      "Your Pro plan will end",
      "Your Pro plan has ended",
    ]);
  }
});

test("a cancellation whose last event never came still ends the plan at its time", async () => {
  const payer = await newSubscriber();
  await told(() => stripe.change(payer.id, { cancel_at: Math.floor(ago(1000).getTime() / 1000) }));
  assert.equal(await stateOf(payer), "free canceled");
});

test("emails about a plan have the name and the support address of the tenant, or of the instance", async () => {
  const { settings } = world.services;
  const [own, other] = [await newSubscriber(), await newSubscriber()];
  const branding = { name: "Acme", supportAddress: "help@acme.example" };
  const operator = { ...own.tenant, key: await world.operatorKey() };
  const path = `/admin/v1/tenants/${own.tenant.userId}`;
  assert.equal((await world.call(operator, "PATCH", path, { branding })).status, 200);
  settings.brand = { ...NO_BRAND, name: "Example Social", supportAddress: "https://example.com/help" };
  try {
    for (const { id } of [own, other]) {
      await told(() => stripe.change(id, { status: "trialing", trial_end: Math.floor(Date.now() / 1000) + 60 }));
      await told(() => stripe.change(id, { status: "active", trial_end: null, cancel_at_period_end: true }));
      await told(() => stripe.change(id, { cancel_at_period_end: false }));
      await told(() => stripe.failPayment(id));
      await told(() => stripe.end(id));
    }
    for (const [payer, name, questions] of [
      [own, "Acme", "help@acme.example"],
      [other, "Example Social", "https://example.com/help"],
    ] as const) {
      const emails = emailsTo(payer);
      assert.equal(emails.length, 4);
      for (const text of emails) {
        assert.ok(text.includes(`${name} Pro`) && text.endsWith(`\n\nQuestions? ${questions}\n`), text);
        assert.ok(!text.includes("Ampost"), text);
      }
    }
  } finally {
    settings.brand = NO_BRAND;
  }
});

test("a trial is for the first subscription only, and its end is announced three days before", async () => {
  Object.assign(terms, { trialDays: 14 });
  const payer = await newSubscriber();
  assert.equal(await stateOf(payer), "pro trialing");
  assert.deepEqual(emailsTo(payer), []);
  const ends = Math.floor(Date.now() / 1000) + 2 * 86_400;
  await told(() => stripe.change(payer.id, { trial_end: ends }, "customer.subscription.trial_will_end"));
  assert.deepEqual(subjectsTo(payer), ["Your trial of Pro ends soon"]);
  await told(() => stripe.end(payer.id));
  const id = await open(payer, "creator");
  assert.equal(Object(stripe.checkouts.get(id)?.params["subscription_data"]).trial_period_days, undefined);
});

test("a trial that ends without a means of payment pauses the plan until there is one", async () => {
  const payer = await newSubscriber();
  await told(() => stripe.change(payer.id, { status: "paused" }, "customer.subscription.paused"));
  assert.equal(await stateOf(payer), "free past_due");
  await told(() => stripe.change(payer.id, { status: "active" }, "customer.subscription.resumed"));
  assert.equal(await stateOf(payer), "pro active");
});

test("concurrent checkouts in two processes have one customer, and only the last can be paid", async () => {
  const payer = await newPayer();
  const before = new Set(stripe.customers.keys());
  const ask = (url: string, plan: string) =>
    fetch(`${url}/api/billing/checkout`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: payer.cookie, origin: world.services.settings.appUrl },
      body: JSON.stringify({ plan }),
    });
  const answers = await Promise.all(
    ["pro", "pro", "scale"].flatMap((plan) => [ask(world.url, plan), ask(otherUrl, plan)]),
  );
  assert.ok(
    answers.every(({ status }) => status === 200 || status === 503),
    answers.map(({ status }) => status).join(),
  );
  assert.ok(answers.some(({ status }) => status === 200));
  const own = [...stripe.customers.keys()].filter((id) => !before.has(id));
  assert.equal(own.length, 1);
  const stillOpen = () =>
    [...stripe.checkouts.values()].filter(({ customer, status }) => customer === own[0] && status === "open");
  assert.equal(stillOpen().length, 1);
  const last = await open(payer, "creator");
  assert.deepEqual(
    stillOpen().map(({ id }) => id),
    [last],
  );
});

test("whoever has a subscription changes it in the portal and never gets a second one", async () => {
  const payer = await newSubscriber("creator");
  const begun = stripe.requests.length;
  await open(payer, "scale");
  const portal = stripe.requests.slice(begun).find(({ path }) => path === "/v1/billing_portal/sessions");
  const flow = Object(portal?.params["flow_data"]);
  assert.equal(flow.type, "subscription_update_confirm");
  const change = Object(flow.subscription_update_confirm);
  assert.equal(change.subscription, payer.id);
  assert.deepEqual(Object(change.items)[0], {
    id: stripe.subscriptions.get(payer.id)?.items.data[0]?.id,
    price: "price_scale",
    quantity: "1",
  });
  // Overdue or about to end, the portal shows what can be done.
  for (const changes of [
    { status: "past_due" },
    { status: "active", cancel_at_period_end: true },
    { status: "paused" },
  ]) {
    await stripe.change(payer.id, changes);
    const from = stripe.requests.length;
    await open(payer, "scale");
    const made = stripe.requests
      .slice(from)
      .filter(({ method, path }) => method === "POST" && path.includes("sessions"));
    assert.deepEqual(
      made.map(({ path, params }) => [path, params["flow_data"]]),
      [["/v1/billing_portal/sessions", undefined]],
    );
  }
});

test("a checkout that was just paid counts before its event comes: the next one is no second subscription", async () => {
  const payer = await newPayer();
  await stripe.payCheckout(await open(payer, "pro"));
  const begun = stripe.checkouts.size;
  await open(payer, "pro");
  assert.equal(stripe.checkouts.size, begun);
  assert.equal(await stateOf(payer), "pro active");
});

test("a subscription whose first payment never came is given up for the next checkout", async () => {
  const payer = await newPayer();
  const id = await open(payer, "pro");
  const customer = stripe.checkouts.get(id)?.customer ?? "";
  let incomplete = "";
  await told(async () => {
    incomplete = (await stripe.subscribe(customer, "price_pro", { status: "incomplete" })).id;
  });
  assert.equal(await stateOf(payer), "free none");
  await open(payer, "pro");
  assert.equal(stripe.subscriptions.get(incomplete)?.status, "canceled");
  assert.deepEqual(emailsTo(payer), []);
});

test("if a customer is deleted at Stripe, in whatever order that is told, the plan ends and the next one is another", async () => {
  for (const isReversed of [false, true]) {
    const payer = await newSubscriber();
    const begun = stripe.events.length;
    await stripe.deleteCustomer(payer.customerId);
    const events = stripe.events.slice(begun);
    assert.equal(events.length, 2);
    await hear(isReversed ? events.reverse() : events);
    assert.equal(await stateOf(payer), "free canceled");
    const id = await open(payer, "pro");
    assert.notEqual(stripe.checkouts.get(id)?.customer, payer.customerId);
    assert.ok(stripe.customers.has(stripe.checkouts.get(id)?.customer ?? ""));
  }
});

test("a customer that was deleted without an event is replaced at the next checkout", async () => {
  const payer = await newPayer();
  const first = stripe.checkouts.get(await open(payer, "pro"))?.customer ?? "";
  await stripe.deleteCustomer(first);
  const next = stripe.checkouts.get(await open(payer, "pro"))?.customer ?? "";
  assert.notEqual(next, first);
});

test("a user's new email address is Stripe's too as soon as it is confirmed, even if Stripe is away at first", async () => {
  const [payer, other] = [await newSubscriber(), await newPayer()];
  const confirm = async ({ cookie, email }: Payer) => {
    const newEmail = `new-${email}`;
    await world.callAs(cookie, "POST", "/api/auth/change-email", { newEmail });
    for (const address of [email, newEmail])
      assert.equal((await visit(world, "GET", `/api/auth/verify-email?token=${tokenFor(world, address)}`)).status, 200);
    return newEmail;
  };
  const newEmail = await confirm(payer);
  await confirm(other);
  const jobs = world.jobs.filter(({ queue }) => queue === BILLING_EMAIL_QUEUE).map(({ data }) => data);
  assert.deepEqual(new Set(jobs.map((data) => JSON.stringify(data))), new Set([`{"userId":"${payer.tenant.userId}"}`]));
  const change = () => changeCustomerEmail(world.services, jobs.at(-1));
  const wasAsked = stripe.requests.length;
  stripe.onRequest = () => ({ status: 500, error: { type: "api_error", message: "Down" } });
  await assert.rejects(change(), BillingError);
  assert.equal(stripe.customers.get(payer.customerId)?.email, payer.email);
  stripe.onRequest = () => undefined;
  await change();
  assert.equal(stripe.customers.get(payer.customerId)?.email, newEmail);
  assert.ok(stripe.requests.slice(wasAsked).every(({ idempotencyKey }) => idempotencyKey !== null));
  await stripe.deleteCustomer(payer.customerId);
  await change();
});

test("deleting a user ends the subscription at Stripe, and later events of it do no harm", async () => {
  const payer = await newSubscriber();
  const begun = stripe.events.length;
  const deleted = await world.callAs(payer.cookie, "DELETE", "/api/me", { password: PASSWORD });
  assert.equal(deleted.status, 200);
  const job = world.jobs.findLast(({ queue }) => queue === BILLING_LEAVE_QUEUE);
  assert.deepEqual(job?.data, { customerId: payer.customerId });
  const { billing } = world.services;
  await leaveBilling(billing, job?.data);
  await leaveBilling(billing, job?.data);
  assert.equal(stripe.customers.has(payer.customerId), false);
  assert.equal(stripe.subscriptions.get(payer.id)?.status, "canceled");
  await hear(stripe.events.slice(begun));
  const { rows } = await world.database.pool.query("select 1 from subscriptions where id = $1", [payer.id]);
  assert.equal(rows.length, 0);
});

test("a plan that the operator has set wins over a subscription, and cannot be paid for", async () => {
  const payer = await newSubscriber("creator");
  await world.database.pool.query("update users set plan = 'scale' where id = $1", [payer.tenant.userId]);
  assert.equal(await stateOf(payer), "scale active");
  const refusal = asRefusal(await checkout(payer, "pro"), 400);
  assert.match(refusal.error, /operator/);
  assert.equal(
    (await world.callAs(payer.cookie, "POST", "/api/billing/portal")).status,
    200,
    "it can still be cancelled",
  );
  await world.database.pool.query("update users set plan = null where id = $1", [payer.tenant.userId]);
  assert.equal(await stateOf(payer), "creator active");
});

test("an earlier price still means its plan; a price that is not configured gives none until it is", async () => {
  Object.assign(terms, { prices: { ...stripe.settings.prices, pro: ["price_pro", "price_pro_2025"] } });
  const payer = await newPayer();
  const customer = stripe.checkouts.get(await open(payer, "creator"))?.customer ?? "";
  let id = "";
  await told(async () => {
    id = (await stripe.subscribe(customer, "price_pro_2025")).id;
  });
  assert.equal(await stateOf(payer), "pro active");
  Object.assign(terms, stripe.settings);
  await told(() => stripe.change(id, {}));
  assert.equal(await stateOf(payer), "free active");
});

test("a subscription whose events do not come any more is read again a day later", async () => {
  const payer = await newSubscriber();
  await stripe.end(payer.id);
  await careForSubscriptions(syncServices(), AbortSignal.timeout(60_000));
  assert.equal(await stateOf(payer), "pro active");
  await world.database.pool.query(
    `update subscriptions set read_at = now() - interval '25 hours', current_period_ends_at = now() - interval '25 hours'
     where id = $1`,
    [payer.id],
  );
  await careForSubscriptions(syncServices(), AbortSignal.timeout(60_000));
  assert.equal(await stateOf(payer), "free canceled");
});

test("a change of plan is in the audit log and in the export, without Stripe's customer", async () => {
  const payer = await newSubscriber();
  const { body } = await world.callAs(payer.cookie, "GET", "/api/audit?limit=20");
  assert.match(JSON.stringify(body), /"user\.plan_changed".*"from":"free","to":"pro"|"to":"pro"/);
  const exported = await world.callAs(payer.cookie, "GET", "/api/me/export");
  const subscriptions = Object(exported.body).subscriptions;
  assert.equal(subscriptions.length, 1);
  assert.equal(subscriptions[0].plan, "pro");
});
