import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { billingCheckout, billingGet, billingPortal, type BillingState } from "../../../contract/operations/billing.ts";
import type { Usage } from "../../../contract/operations/usage.ts";
import { type PlanName, PLANS, planLabel } from "../../../model/plans.ts";
import type { Services } from "../../domain/services.ts";
import { readQuotas } from "../../domain/usage/quotas.ts";
import { html, type Html } from "../html.ts";
import { operationsFor, type Outcome, type PageOptions } from "./call-operation.ts";
import { button, readForm } from "./form.ts";
import { type Notice, sendPage } from "./frame.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf } from "./query.ts";
import { showTime } from "./times.ts";

/** The user's plan, what is used of it, and the ways to Stripe's pages. */
export function addBilling(scope: FastifyInstance, services: Services, options: PageOptions): void {
  scope.get("/settings/billing", async (request, reply) => {
    const person = await requirePerson(services, request);
    return await showBilling(services, options, request, reply, person, {
      notice: NOTICES[queryOf(request)["notice"] ?? ""] ?? null,
    });
  });

  const leadTo = (path: string, open: typeof billingCheckout | typeof billingPortal) =>
    scope.post(path, async (request, reply) => {
      const form = await readForm(request, services.settings.appUrl);
      const person = await requirePerson(services, request);
      const call = operationsFor(services, options, request, reply, person);
      const answered: Outcome<{ url: string }> = await call(
        open,
        open === billingCheckout ? { body: { plan: form.text("plan") } } : {},
      );
      if (answered.ok) return await leadAway(reply, person, answered.body.url);
      const { message, fields } = answered.refused;
      return await showBilling(services, options, request, reply, person, {
        notice: { kind: "failed", text: Object.values(fields)[0] ?? message },
        status: answered.status,
      });
    });
  leadTo("/settings/billing/checkout", billingCheckout);
  leadTo("/settings/billing/portal", billingPortal);
}

/**
 * A form must not be redirected to an origin that the page did not name, and Stripe's pages can have the operator's own
 * domain: so the browser goes on by itself, from a page.
 */
async function leadAway(reply: FastifyReply, person: Person, url: string): Promise<FastifyReply> {
  reply.header("refresh", `0;url=${new URL(url).href}`);
  return await sendPage(reply, {
    title: "Continue to Stripe",
    at: "/settings",
    viewer: person,
    body: html`<p>If nothing happens, <a href="${url}">continue to Stripe</a>.</p>`,
  });
}

const NOTICES: Readonly<Record<string, Notice>> = {
  subscribed: {
    kind: "done",
    text: "Thank you. Your plan changes as soon as Stripe confirms the payment, usually within seconds.",
  },
  changed: { kind: "done", text: "Your plan changes as soon as Stripe confirms it, usually within seconds." },
};

async function showBilling(
  services: Services,
  options: PageOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  { notice, status = 200 }: { notice: Notice | null; status?: number },
): Promise<FastifyReply> {
  const answered = await operationsFor(services, options, request, reply, person)(billingGet);
  const back = html`<p><a href="/settings">Back to settings</a></p>`;
  if (!answered.ok)
    return await sendPage(reply, {
      title: "Plan and usage",
      at: "/settings",
      viewer: person,
      status: answered.status,
      notice: { kind: "failed", text: answered.refused.message },
      body: back,
    });
  const { billing } = answered.body;
  const quotas = await readQuotas(services, person.id);
  return await sendPage(reply, {
    title: "Plan and usage",
    at: "/settings",
    viewer: person,
    status,
    notice,
    body: html`${[planSection(billing, person.timeZone), usageSection(quotas), plansSection(billing)]} ${back}`,
  });
}

const TAGS: Readonly<Record<BillingState["status"], Html | null>> = {
  none: null,
  trialing: html`<span class="tag good">Trial</span>`,
  active: html`<span class="tag good">Active</span>`,
  past_due: html`<span class="tag bad">Payment failed</span>`,
  canceled: html`<span class="tag">Cancelled</span>`,
};

function planSection(billing: BillingState, timeZone: string): Html {
  const { plan, status } = billing;
  return html`<section>
    <h2>${planLabel(plan)} ${TAGS[status]}</h2>
    ${sentences(billing, timeZone).map((sentence) => html`<p>${sentence}</p>`)}
    ${
      status === "none"
        ? null
        : button("/settings/billing/portal", status === "past_due" ? "Update payment method" : "Manage billing", {
            ...(status === "past_due" ? { kind: "main" } : {}),
          })
    }
  </section>`;
}

const STAYS =
  "Everything you have stays, and scheduled posts are published. Beyond the limits of the new plan, nothing new is accepted.";

/** What the status means for the user. */
function sentences(billing: BillingState, timeZone: string): string[] {
  const { plan, status, currentPeriodEndsAt, cancelAtPeriodEnd, graceEndsAt } = billing;
  const name = planLabel(plan);
  const costs = priceOf(PLANS[plan].monthlyPriceUsd);
  const at = (time: string | null) => (time === null ? "the end of the period" : showTime(time, timeZone));
  if (plan === "self-hosted" && status === "none")
    return ["This instance is self-hosted: no plan limits you, and nothing is charged."];
  if (status === "past_due" && plan !== "free")
    return [`Your last payment failed. You keep ${name} until ${at(graceEndsAt)}. After that, you are on Free.`, STAYS];
  if (status === "past_due")
    return ["Your last payment failed, so your plan has ended. Update your payment method to continue it.", STAYS];
  if (cancelAtPeriodEnd)
    return [`You cancelled ${name}. You keep it until ${at(currentPeriodEndsAt)}. After that, you are on Free.`, STAYS];
  if (status === "trialing") return [`Your trial ends on ${at(currentPeriodEndsAt)}. After that, it costs ${costs}.`];
  if (status === "active") return [`It costs ${costs} and renews on ${at(currentPeriodEndsAt)}.`];
  if (plan !== "free") return ["The operator of this instance has set your plan."];
  return status === "canceled" ? ["Your subscription has ended.", STAYS] : ["It costs nothing."];
}

function priceOf(monthlyPriceUsd: number): string {
  return monthlyPriceUsd === 0 ? "nothing" : `${monthlyPriceUsd} USD a month`;
}

/** What a quota counts, as people read it. */
const QUOTAS = [
  ["postsPerMonth", "Posts this month"],
  ["mediaUploadsPerMonth", "Media uploads this month"],
  ["apiRequestsPerMonth", "API requests this month"],
  ["maxScheduledPosts", "Scheduled posts"],
  ["maxStorageBytes", "Stored media"],
] as const;

function usageSection(quotas: Usage["quotas"]): Html {
  return html`<section>
    <h2>Usage</h2>
    <dl>
      ${QUOTAS.map(([name, label]) => {
        const { used, limit } = quotas[name];
        const shown = name === "maxStorageBytes" ? sizeOf : count;
        return html`<dt>${label}</dt>
          <dd>
            ${limit === null ? shown(used) : `${shown(used)} of ${shown(limit)}`}${
              limit !== null && used >= limit ? html` <span class="tag bad">Used up</span>` : null
            }
          </dd>`;
      })}
    </dl>
    <p class="hint">In live mode. Months begin at midnight UTC.</p>
  </section>`;
}

function plansSection({ plan, status, plans, cancelAtPeriodEnd }: BillingState): Html | null {
  if (!plans.some(({ monthlyPriceUsd }) => monthlyPriceUsd > 0)) return null;
  const isSubscribed = (status === "active" || status === "trialing") && !cancelAtPeriodEnd;
  const canChoose = isSubscribed || (plan === "free" && (status === "none" || status === "canceled"));
  const order = plans.map(({ name }) => name);
  const offer = (name: PlanName): Html | null => {
    if (name === plan || name === "free" || !canChoose) return null;
    const isUpgrade = order.indexOf(name) > order.indexOf(plan);
    return button("/settings/billing/checkout", `${isUpgrade ? "Upgrade" : "Downgrade"} to ${planLabel(name)}`, {
      hidden: { plan: name },
      ...(isUpgrade ? { kind: "main" } : {}),
    });
  };
  return html`<section>
    <h2>Plans</h2>
    <ul class="plain">
      ${plans.map(
        ({ name, monthlyPriceUsd, limits }) =>
          html`<li class="row between">
            <div class="grow">
              <h3>${planLabel(name)}${name === plan ? html` <span class="tag">Your plan</span>` : null}</h3>
              <p>${monthlyPriceUsd === 0 ? "Free of charge" : priceOf(monthlyPriceUsd)}</p>
              <p class="small dim">${monthOf(limits)}<br />${rateOf(limits)}</p>
            </div>
            ${offer(name)}
          </li>`,
      )}
    </ul>
    <p class="hint">On a smaller plan: ${STAYS.charAt(0).toLowerCase()}${STAYS.slice(1)}</p>
  </section>`;
}

type Limits = BillingState["plans"][number]["limits"];

const count = (limit: number | null) => (limit === null ? "unlimited" : limit.toLocaleString("en-US"));

function monthOf(limits: Limits): string {
  return (
    `Each month ${count(limits.postsPerMonth)} posts, ${count(limits.mediaUploadsPerMonth)} media uploads and ` +
    `${count(limits.apiRequestsPerMonth)} API requests; ${count(limits.maxScheduledPosts)} scheduled posts and ` +
    `${sizeOf(limits.maxStorageBytes)} of media`
  );
}

function rateOf(limits: Limits): string {
  return `Each minute ${count(limits.createPost)} new posts and ${count(limits.apiRead)} other requests`;
}

function sizeOf(bytes: number | null): string {
  if (bytes === null) return "unlimited storage";
  const [size, unit] = bytes >= 1e12 ? [bytes / 1e12, "TB"] : bytes >= 1e9 ? [bytes / 1e9, "GB"] : [bytes / 1e6, "MB"];
  return `${Number(size.toFixed(1)).toLocaleString("en-US")} ${unit}`;
}
