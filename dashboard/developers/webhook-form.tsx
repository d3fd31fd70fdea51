import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { type Webhook, webhooksCreate, webhooksUpdate } from "../../contract/operations/webhooks.ts";
import { EVENT_TYPES, type EventType } from "../../model/events.ts";
import { errorAt, isBesideFields } from "../api/field-errors.ts";
import { randomId } from "../api/random-id.ts";
import { useWrite } from "../api/use-api.ts";
import { Button, Checkbox, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";

const FIELDS = ["/url", "/description"];

/** A new webhook, or changes of one. */
export function WebhookForm({
  webhook,
  onSaved,
  onCancel,
}: {
  webhook?: Webhook;
  onSaved: (webhook: Webhook) => void;
  onCancel: () => void;
}) {
  const { t } = useLingui();
  const create = useWrite(webhooksCreate);
  const update = useWrite(webhooksUpdate);
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [events, setEvents] = useState<readonly EventType[]>(webhook?.events ?? []);
  const [once, setOnce] = useState(randomId);
  const error = webhook === undefined ? create.error : update.error;
  // Without an address, a program reads the deliveries instead.
  const hasAddress = webhook === undefined || webhook.url !== null;
  const save = () => {
    const body = { description, events: [...events] };
    const onSuccess = (answer: { webhook: Webhook }) => onSaved(answer.webhook);
    const onError = () => setOnce(randomId());
    if (webhook === undefined) create.mutate({ body: { ...body, url }, idempotencyKey: once }, { onSuccess, onError });
    else update.mutate({ params: { id: webhook.id }, body: { ...body, ...(hasAddress && { url }) } }, { onSuccess });
  };
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {hasAddress && (
        <TextField
          label={t`URL`}
          hint={t`Events are sent here by POST. It must be publicly reachable.`}
          type="url"
          required
          placeholder="https://app.example.com/events"
          value={url}
          onChange={({ target }) => setUrl(target.value)}
          error={errorAt(error, "/url")}
        />
      )}
      <TextField
        label={t`Description`}
        hint={t`A note for your own use.`}
        maxLength={200}
        value={description}
        onChange={({ target }) => setDescription(target.value)}
        error={errorAt(error, "/description")}
      />
      <fieldset>
        <legend className="text-sm font-semibold">{t`Events`}</legend>
        <p className="text-sm text-dim">{t`Check none to receive all.`}</p>
        <div className="mt-1 grid gap-x-3 sm:grid-cols-[1fr_auto]">
          {EVENT_TYPES.map((type) => (
            <Checkbox
              key={type}
              label={<code className="text-xs">{type}</code>}
              checked={events.includes(type)}
              onChange={({ target: { checked } }) =>
                setEvents(checked ? [...events, type] : events.filter((each) => each !== type))
              }
            />
          ))}
        </div>
      </fieldset>
      {error !== null && !isBesideFields(error, FIELDS) && <Failure error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onCancel}>{t`Back`}</Button>
        <Button type="submit" kind="main" isBusy={create.isPending || update.isPending}>
          {webhook === undefined ? t`Create webhook` : t`Save`}
        </Button>
      </div>
    </form>
  );
}
