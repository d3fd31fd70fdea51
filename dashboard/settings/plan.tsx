import { Trans, useLingui } from "@lingui/react/macro";
import { useSearch } from "@tanstack/react-router";

import { type BillingState, billingCheckout, billingGet, billingPortal } from "../../contract/operations/billing.ts";
import { type Usage, usageGet } from "../../contract/operations/usage.ts";
import { type PlanName, planLabel } from "../../model/plans.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { may } from "../shell/workspace.ts";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Notice, Tag, type Tone } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Settings } from "./settings.tsx";
import { sizeOf } from "./sizes.ts";

/** Stripe confirms a change of the plan after the person is back here. */
const FRESH_MILLISECONDS = 5_000;

export function Plan() {
  const { notice } = useSearch({ from: "/settings/plan" });
  const canPay = may("billing_get");
  const billing = useRead(billingGet, {}, { enabled: canPay, everyMilliseconds: FRESH_MILLISECONDS });
  const usage = useRead(usageGet, {}, { everyMilliseconds: FRESH_MILLISECONDS });
  const error = billing.error ?? usage.error;
  return (
    <Settings>
      {(notice === "subscribed" || notice === "changed") && (
        <Notice tone="good">
          <Trans>Thank you. Your plan changes as soon as Stripe confirms it, usually within seconds.</Trans>
        </Notice>
      )}
      {error !== null && (
        <Failure
          error={error}
          onRetry={() => {
            if (canPay) void billing.refetch();
            void usage.refetch();
          }}
        />
      )}
      {error === null && ((canPay && billing.data === undefined) || usage.data === undefined) && <Loading rows={3} />}
      {billing.data !== undefined && <Current billing={billing.data.billing} />}
      {usage.data !== undefined && <Used usage={usage.data.usage} />}
      {billing.data !== undefined && <Plans billing={billing.data.billing} />}
    </Settings>
  );
}

function Current({ billing }: { billing: BillingState }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const portal = useWrite(billingPortal);
  const { plan, status } = billing;
  const tags: Record<BillingState["status"], { tone: Tone; name: string } | null> = {
    none: null,
    trialing: { tone: "good", name: t`Trial` },
    active: { tone: "good", name: t`Active` },
    past_due: { tone: "bad", name: t`Payment failed` },
    canceled: { tone: "neutral", name: t`Cancelled` },
  };
  const tag = tags[status];
  return (
    <Card
      title={
        <>
          {planLabel(plan)} {tag !== null && <Tag tone={tag.tone}>{tag.name}</Tag>}
        </>
      }
    >
      <p className="text-sm">
        <Meaning billing={billing} />
      </p>
      {status !== "none" && (
        <Button
          className="mt-3"
          kind={status === "past_due" ? "main" : "plain"}
          isBusy={portal.isPending}
          onClick={() =>
            portal.mutate({}, { onSuccess: ({ url }) => location.assign(url), onError: toasts.sayFailure })
          }
        >
          {status === "past_due" ? t`Update payment method` : t`Manage billing`}
        </Button>
      )}
    </Card>
  );
}

/** What the status means for the user. */
function Meaning({ billing }: { billing: BillingState }) {
  const { plan, status, currentPeriodEndsAt, cancelAtPeriodEnd, graceEndsAt, plans } = billing;
  const name = planLabel(plan);
  const price = plans.find((each) => each.name === plan)?.monthlyPriceUsd ?? 0;
  const end = currentPeriodEndsAt === null ? <Trans>the end of the period</Trans> : <Time at={currentPeriodEndsAt} />;
  const stays = <Stays />;
  if (plan === "self-hosted" && status === "none")
    return <Trans>This instance is self-hosted: no plan limits you, and nothing is charged.</Trans>;
  if (status === "past_due" && plan !== "free" && graceEndsAt !== null)
    return (
      <Trans>
        Your last payment failed. You keep {name} until <Time at={graceEndsAt} />. After that, you are on Free. {stays}
      </Trans>
    );
  if (status === "past_due")
    return (
      <Trans>
        Your last payment failed, so your plan has ended. Update your payment method to continue it. {stays}
      </Trans>
    );
  if (cancelAtPeriodEnd)
    return (
      <Trans>
        You cancelled {name}. You keep it until {end}. After that, you are on Free. {stays}
      </Trans>
    );
  if (status === "trialing")
    return (
      <Trans>
        Your trial ends on {end}. After that, it costs {price} USD a month.
      </Trans>
    );
  if (status === "active")
    return (
      <Trans>
        It costs {price} USD a month and renews on {end}.
      </Trans>
    );
  if (plan !== "free") return <Trans>The operator of this instance has set your plan.</Trans>;
  return status === "canceled" ? <Trans>Your subscription has ended. {stays}</Trans> : <Trans>It costs nothing.</Trans>;
}

function Stays() {
  return (
    <Trans>
      Everything you have stays, and scheduled posts are published. Beyond the limits of the new plan, nothing new is
      accepted.
    </Trans>
  );
}

function Used({ usage }: { usage: Usage }) {
  const { t, i18n } = useLingui();
  const { quotas, periodEndsAt } = usage;
  const names = [
    ["postsPerMonth", t`Posts this month`],
    ["mediaUploadsPerMonth", t`Media uploads this month`],
    ["apiRequestsPerMonth", t`API requests this month`],
    ["maxScheduledPosts", t`Scheduled posts`],
    ["maxStorageBytes", t`Stored media`],
  ] as const;
  return (
    <Card title={t`Usage`}>
      <ul className="space-y-4">
        {names.map(([quota, name]) => {
          const { used, limit } = quotas[quota];
          const shown = (value: number) =>
            quota === "maxStorageBytes" ? sizeOf(value, i18n.locale) : i18n.number(value);
          const [usedShown, limitShown] = [shown(used), limit === null ? null : shown(limit)];
          return (
            <li key={quota}>
              <div className="flex justify-between gap-x-4 text-sm">
                <span className="font-semibold">{name}</span>
                <span className="shrink-0 tabular-nums">
                  {limitShown === null ? t`${usedShown} (no limit)` : t`${usedShown} of ${limitShown}`}
                </span>
              </div>
              {limit !== null && (
                <meter
                  className="mt-1 h-3 w-full"
                  aria-label={name}
                  min={0}
                  max={limit}
                  high={limit * 0.8}
                  optimum={0}
                  value={used}
                />
              )}
            </li>
          );
        })}
      </ul>
      <p className="mt-4 text-sm text-dim">
        <Trans>
          In live mode. Monthly limits reset on <Time at={periodEndsAt} withZone />.
        </Trans>
      </p>
    </Card>
  );
}

function Plans({ billing }: { billing: BillingState }) {
  const { t, i18n } = useLingui();
  const { plan, status, plans, cancelAtPeriodEnd } = billing;
  if (!plans.some(({ monthlyPriceUsd }) => monthlyPriceUsd > 0)) return null;
  const isSubscribed = (status === "active" || status === "trialing") && !cancelAtPeriodEnd;
  const canChoose = isSubscribed || (plan === "free" && (status === "none" || status === "canceled"));
  const place = (name: PlanName) => plans.findIndex((each) => each.name === name);
  const count = (limit: number | null) => (limit === null ? t`unlimited` : i18n.number(limit));
  return (
    <Card title={t`Plans`}>
      <ul className="divide-y">
        {plans.map(({ name, monthlyPriceUsd, limits }) => {
          const [posts, uploads, requests] = [
            count(limits.postsPerMonth),
            count(limits.mediaUploadsPerMonth),
            count(limits.apiRequestsPerMonth),
          ];
          const scheduled = count(limits.maxScheduledPosts);
          const storage = limits.maxStorageBytes === null ? t`unlimited` : sizeOf(limits.maxStorageBytes, i18n.locale);
          return (
            <li key={name} className="flex flex-wrap items-center justify-between gap-3 py-3">
              <div className="min-w-0 grow basis-60">
                <h3 className="font-semibold">
                  {planLabel(name)} {name === plan && <Tag>{t`Your plan`}</Tag>}
                </h3>
                <p className="text-sm">
                  {monthlyPriceUsd === 0 ? t`Free of charge` : t`${monthlyPriceUsd} USD a month`}
                </p>
                <p className="text-sm text-dim">
                  <Trans>
                    Each month: posts {posts}, media uploads {uploads}, API requests {requests}. Scheduled posts:{" "}
                    {scheduled}. Media: {storage}.
                  </Trans>
                </p>
              </div>
              {name !== plan && canChoose && name !== "free" && (
                <Choose name={name} isUpgrade={place(name) > place(plan)} />
              )}
            </li>
          );
        })}
      </ul>
      <p className="mt-2 text-sm text-dim">
        <Trans>
          On a smaller plan: <Stays />
        </Trans>
      </p>
    </Card>
  );
}

function Choose({ name, isUpgrade }: { name: PlanName; isUpgrade: boolean }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const checkout = useWrite(billingCheckout);
  const label = planLabel(name);
  if (name !== "creator" && name !== "pro" && name !== "scale") return null;
  return (
    <Button
      kind={isUpgrade ? "main" : "plain"}
      isBusy={checkout.isPending}
      onClick={() =>
        checkout.mutate(
          { body: { plan: name } },
          { onSuccess: ({ url }) => location.assign(url), onError: toasts.sayFailure },
        )
      }
    >
      {isUpgrade ? t`Upgrade to ${label}` : t`Downgrade to ${label}`}
    </Button>
  );
}
