import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { type Webhook, webhooksList } from "../../contract/operations/webhooks.ts";
import { useRead } from "../api/use-api.ts";
import { Button, OutLink } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Dialog, Empty, Loading, Notice, Tag } from "../ui/surfaces.tsx";
import { Developers } from "./developers.tsx";
import { WebhookForm } from "./webhook-form.tsx";

/** Where the events of this mode are sent. */
export function Webhooks() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(webhooksList);
  const [isCreating, setIsCreating] = useState(false);
  const [created, setCreated] = useState<Webhook | null>(null);
  const create = (
    <Button kind="main" onClick={() => setIsCreating(true)}>
      {t`Create webhook`}
    </Button>
  );
  return (
    <Developers>
      {error !== null && data === undefined && <Failure error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Loading />}
      {data?.webhooks.length === 0 && (
        <Empty title={t`No webhooks yet`} action={create}>
          <Trans>Webhooks tell your server when a post is published or fails.</Trans>{" "}
          <OutLink href="/docs/webhooks">{t`About webhooks`}</OutLink>
        </Empty>
      )}
      {data !== undefined && data.webhooks.length > 0 && (
        <Card title={t`Webhooks`} actions={create}>
          <ul className="-mx-4 divide-y sm:-mx-5">
            {data.webhooks.map((webhook) => (
              <WebhookRow key={webhook.id} webhook={webhook} />
            ))}
          </ul>
        </Card>
      )}
      <Dialog title={t`Create a webhook`} isOpen={isCreating} onClose={() => setIsCreating(false)}>
        <WebhookForm
          onCancel={() => setIsCreating(false)}
          onSaved={(webhook) => {
            setIsCreating(false);
            setCreated(webhook);
          }}
        />
      </Dialog>
      <SecretDialog webhook={created} onClose={() => setCreated(null)} />
    </Developers>
  );
}

function WebhookRow({ webhook }: { webhook: Webhook }) {
  const { t } = useLingui();
  const { id, url, description, events } = webhook;
  const what = events.length === 0 ? t`All events` : plural(events.length, { one: "# event", other: "# events" });
  return (
    <li>
      <Link
        to="/developers/webhooks/$id"
        params={{ id }}
        className="flex items-center justify-between gap-3 px-4 py-3 text-ink no-underline -outline-offset-2 hover:bg-tint sm:px-5"
      >
        <span className="min-w-0">
          <span className="block truncate font-medium" dir="auto">
            {url ?? t`Read by a program`}
          </span>
          <span className="block truncate text-sm text-dim">
            {[what, description].filter((each) => each !== "").join(" · ")}
          </span>
        </span>
        <WebhookStatus webhook={webhook} />
      </Link>
    </li>
  );
}

export function WebhookStatus({ webhook: { status } }: { webhook: Webhook }) {
  const { t } = useLingui();
  return status === "active" ? <Tag tone="good">{t`Active`}</Tag> : <Tag tone="warn">{t`Paused`}</Tag>;
}

/** Shows a secret once. */
export function SecretDialog({ webhook, onClose }: { webhook: Webhook | null; onClose: () => void }) {
  const { t } = useLingui();
  return (
    <Dialog title={t`Signing secret`} isOpen={webhook !== null} onClose={onClose}>
      <div className="space-y-4">
        {webhook === null || webhook.secret === null ? (
          <Notice tone="warn">
            <Trans>The response with the secret was lost. Rotate the secret to get one that is shown.</Trans>
          </Notice>
        ) : (
          <>
            <Notice tone="warn">
              <Trans>Copy the secret now and store it safely. It is not shown again.</Trans>
            </Notice>
            <Copyable label={t`Secret`} text={webhook.secret} />
          </>
        )}
        <p className="text-sm text-dim">
          <Trans>Your server verifies the signature of each event with it.</Trans>{" "}
          <OutLink href="/docs/webhooks">{t`How to verify`}</OutLink>
        </p>
        <div className="flex justify-end">
          <Button kind="main" onClick={onClose}>
            {t`Done`}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
