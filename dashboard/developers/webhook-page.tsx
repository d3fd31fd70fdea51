import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";

import {
  type Webhook,
  webhooksDelete,
  webhooksGet,
  webhooksRotateSecret,
  webhooksTest,
  webhooksUpdate,
} from "../../contract/operations/webhooks.ts";
import { readNow, useRead, useWrite } from "../api/use-api.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, buttonClass } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Dialog, Empty, Loading, Notice } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Said } from "../words/use-words.tsx";
import { Deliveries } from "./deliveries.tsx";
import { Developers } from "./developers.tsx";
import { WebhookForm } from "./webhook-form.tsx";
import { SecretDialog, WebhookStatus } from "./webhooks.tsx";

/** A webhook, what can be done with it, and what was sent to it. What it answers can disable it. */
export function WebhookPage() {
  const { t } = useLingui();
  const { id } = useParams({ from: "/developers/webhooks/$id" });
  const { data, error, refetch } = useRead(webhooksGet, { params: { id } }, { everyMilliseconds: 5_000 });
  return (
    <Developers>
      {data === undefined && error === null && <Loading />}
      {data === undefined && error?.code === "NOT_FOUND" && (
        <Empty
          title={t`Webhook not found`}
          action={
            <Link to="/developers/webhooks" className={buttonClass("main")}>
              {t`All webhooks`}
            </Link>
          }
        >
          <Trans>It was deleted, or belongs to the other mode.</Trans>
        </Empty>
      )}
      {data === undefined && error !== null && error.code !== "NOT_FOUND" && (
        <Failure error={error} onRetry={() => void refetch()} />
      )}
      {data !== undefined && <OneWebhook webhook={data.webhook} />}
    </Developers>
  );
}

function OneWebhook({ webhook }: { webhook: Webhook }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const { id, url, description, events, status, disabledReason } = webhook;
  const [isEditing, setIsEditing] = useState(false);
  const update = useWrite(webhooksUpdate);
  const sendTest = useWrite(webhooksTest);
  const isPaused = status === "disabled";
  return (
    <>
      <Card title={<span dir="auto">{url ?? t`Read by a program`}</span>} actions={<WebhookStatus webhook={webhook} />}>
        <div className="space-y-4 text-sm">
          {disabledReason !== null && (
            <Notice tone="warn">
              <Said text={disabledReason} /> <Trans>Events that happen meanwhile are not sent.</Trans>
            </Notice>
          )}
          {description !== "" && <p dir="auto">{description}</p>}
          <p className="text-dim">{events.length === 0 ? t`All events` : events.join(", ")}</p>
          <div className="flex flex-wrap gap-2">
            <Button
              kind="main"
              isBusy={sendTest.isPending}
              onClick={() =>
                sendTest.mutate(
                  { params: { id } },
                  { onSuccess: () => toasts.say(t`A test event is on its way.`), onError: toasts.sayFailure },
                )
              }
            >{t`Send a test event`}</Button>
            <Button onClick={() => setIsEditing(true)}>{t`Edit`}</Button>
            <Button
              isBusy={update.isPending}
              onClick={() =>
                update.mutate(
                  { params: { id }, body: { status: isPaused ? "active" : "disabled" } },
                  { onError: toasts.sayFailure },
                )
              }
            >
              {isPaused ? t`Enable` : t`Pause`}
            </Button>
            <RotateSecret webhook={webhook} />
            <DeleteWebhook webhook={webhook} />
          </div>
        </div>
      </Card>
      <Deliveries webhookId={id} />
      <Dialog title={t`Edit webhook`} isOpen={isEditing} onClose={() => setIsEditing(false)}>
        <EditWebhook id={id} onDone={() => setIsEditing(false)} />
      </Dialog>
    </>
  );
}

function EditWebhook({ id, onDone }: { id: string; onDone: () => void }) {
  const read = useRead(webhooksGet, { params: { id } });
  const data = readNow(read);
  if (data !== undefined) return <WebhookForm webhook={data.webhook} onCancel={onDone} onSaved={onDone} />;
  if (read.error !== null) return <Failure error={read.error} onRetry={() => void read.refetch()} />;
  return <Loading rows={3} />;
}

function RotateSecret({ webhook: { id } }: { webhook: Webhook }) {
  const { t } = useLingui();
  const rotate = useWrite(webhooksRotateSecret);
  const [isOpen, setIsOpen] = useState(false);
  const [rotated, setRotated] = useState<Webhook | null>(null);
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>{t`Rotate secret`}</Button>
      <Confirm
        title={t`Rotate the signing secret?`}
        action={t`Rotate`}
        kind="main"
        isOpen={isOpen}
        isBusy={rotate.isPending}
        error={rotate.error}
        onClose={() => setIsOpen(false)}
        onConfirm={() =>
          rotate.mutate(
            { params: { id } },
            {
              onSuccess({ webhook }) {
                setIsOpen(false);
                setRotated(webhook);
              },
            },
          )
        }
      >
        <p className="text-sm">
          <Trans>You get a new secret. For 24 hours, events are signed with both.</Trans>
        </p>
      </Confirm>
      <SecretDialog webhook={rotated} onClose={() => setRotated(null)} />
    </>
  );
}

function DeleteWebhook({ webhook: { id } }: { webhook: Webhook }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const navigate = useNavigate();
  const remove = useWrite(webhooksDelete);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button kind="danger" onClick={() => setIsOpen(true)}>{t`Delete`}</Button>
      <Confirm
        title={t`Delete this webhook?`}
        action={t`Delete`}
        isOpen={isOpen}
        isBusy={remove.isPending}
        error={remove.error}
        onClose={() => setIsOpen(false)}
        onConfirm={() =>
          remove.mutate(
            { params: { id } },
            {
              onSuccess() {
                toasts.say(t`The webhook was deleted.`);
                void navigate({ to: "/developers/webhooks" });
              },
            },
          )
        }
      >
        <p className="text-sm">
          <Trans>No more events are sent to it, and its deliveries are deleted. This cannot be undone.</Trans>
        </p>
      </Confirm>
    </>
  );
}
