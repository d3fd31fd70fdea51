import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { deliveriesRedeliver, type WebhookDelivery, webhooksDeliveries } from "../../contract/operations/webhooks.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { Button, Select } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { Pages } from "../ui/pages.tsx";
import { Card, Loading, Tag, type Tone } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Said } from "../words/use-words.tsx";

const PAGE = 20;
const FRESH_MILLISECONDS = 3_000;
const STATUSES = ["pending", "delivered", "failed"] as const;

/** What was sent to a webhook, with every attempt; it is read again while it is shown. */
export function Deliveries({ webhookId }: { webhookId: string }) {
  const { t } = useLingui();
  const names = useStatusNames();
  const [status, setStatus] = useState<WebhookDelivery["status"] | undefined>();
  const [offset, setOffset] = useState(0);
  const query = { limit: PAGE, offset, ...(status !== undefined && { status }) };
  const { data, error, refetch } = useRead(
    webhooksDeliveries,
    { params: { id: webhookId }, query },
    { everyMilliseconds: FRESH_MILLISECONDS, keepsPrevious: true },
  );
  return (
    <Card title={t`Deliveries`}>
      <div className="mb-2 max-w-48">
        <Select
          label={t`Status`}
          value={status ?? ""}
          onChange={({ target }) => {
            setStatus(STATUSES.find((each) => each === target.value));
            setOffset(0);
          }}
          options={[{ value: "", name: t`All` }, ...STATUSES.map((each) => ({ value: each, name: names[each] }))]}
        />
      </div>
      {error !== null && data === undefined && <Failure error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Loading rows={2} />}
      {data?.deliveries.length === 0 && <p className="text-sm text-dim">{t`Nothing was sent in the last 30 days.`}</p>}
      <ul className="divide-y">
        {data?.deliveries.map((delivery) => (
          <Delivery key={delivery.id} delivery={delivery} />
        ))}
      </ul>
      <Pages total={data?.total ?? 0} size={PAGE} offset={offset} onOffset={setOffset} />
    </Card>
  );
}

const TONES: Record<WebhookDelivery["status"], Tone> = { pending: "neutral", delivered: "good", failed: "bad" };

function useStatusNames(): Record<WebhookDelivery["status"], string> {
  const { t } = useLingui();
  return { pending: t`Pending`, delivered: t`Delivered`, failed: t`Failed` };
}

function Delivery({ delivery }: { delivery: WebhookDelivery }) {
  const { t } = useLingui();
  const names = useStatusNames();
  const toasts = useToasts();
  const again = useWrite(deliveriesRedeliver, ["/api/v1/webhooks"]);
  const { id, type, status, createdAt, attempts, payload } = delivery;
  return (
    <li>
      <details className="group py-1.5">
        <summary className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 rounded-lg text-sm">
          <code className="min-w-0 grow">{type}</code>
          <Tag tone={TONES[status]}>{names[status]}</Tag>
          <span className="text-dim">
            <Time at={createdAt} /> · {plural(attempts.length, { one: "# attempt", other: "# attempts" })}
          </span>
        </summary>
        <div className="space-y-3 pt-1 pb-3 text-sm">
          <ol className="space-y-2">
            {attempts.map((attempt) => (
              <Attempt key={attempt.at} attempt={attempt} />
            ))}
          </ol>
          <p className="text-dim">
            <code>webhook-id: {id}</code>
          </p>
          <Copyable label={t`Body`} text={readable(payload)} />
          <Button
            isBusy={again.isPending}
            onClick={() =>
              again.mutate(
                { params: { id } },
                { onSuccess: () => toasts.say(t`The event is sent again.`), onError: toasts.sayFailure },
              )
            }
          >{t`Send again`}</Button>
        </div>
      </details>
    </li>
  );
}

function Attempt({
  attempt: { at, status, durationMilliseconds, error, answer },
}: {
  attempt: WebhookDelivery["attempts"][number];
}) {
  const { t } = useLingui();
  const milliseconds = Math.round(durationMilliseconds);
  return (
    <li className="border-s-2 ps-3">
      <p>
        <Time at={at} /> · <strong>{status === null ? t`No response` : t`Status ${status}`}</strong> ·{" "}
        {t`${milliseconds} ms`}
      </p>
      {error !== null && (
        <p className="text-bad">
          <Said text={error} />
        </p>
      )}
      {answer !== null && answer !== "" && <pre className="text-xs whitespace-pre-wrap text-dim">{answer}</pre>}
    </li>
  );
}

/** JSON on several lines. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
