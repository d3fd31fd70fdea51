import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { type ApiKey, keysRevoke, keysRoll } from "../../contract/operations/api-keys.ts";
import { useWrite } from "../api/use-api.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, Select } from "../ui/controls.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import type { CreatedKey } from "./key-form.tsx";

/** Replaces a key by a new one; the old one can work a little longer. */
export function RollKey({ apiKey: { id, name }, onRolled }: { apiKey: ApiKey; onRolled: (key: CreatedKey) => void }) {
  const { t } = useLingui();
  const roll = useWrite(keysRoll);
  const [isOpen, setIsOpen] = useState(false);
  const [overlap, setOverlap] = useState("86400");
  return (
    <>
      <Button
        aria-label={t`Roll ${name}`}
        onClick={() => {
          roll.reset();
          setIsOpen(true);
        }}
      >{t`Roll`}</Button>
      <Confirm
        title={t`Roll “${name}”?`}
        action={t`Roll key`}
        kind="main"
        isOpen={isOpen}
        isBusy={roll.isPending}
        error={roll.error}
        onClose={() => setIsOpen(false)}
        onConfirm={() =>
          roll.mutate(
            { params: { id }, body: { overlapSeconds: Number(overlap) } },
            {
              onSuccess({ key }) {
                setIsOpen(false);
                onRolled(key);
              },
            },
          )
        }
      >
        <p className="text-sm">
          <Trans>You get a new key with the same name, limits and expiry.</Trans>
        </p>
        <Select
          label={t`The current key stops working`}
          value={overlap}
          onChange={({ target }) => setOverlap(target.value)}
          options={[
            { value: "0", name: t`Immediately` },
            { value: "3600", name: t`In 1 hour` },
            { value: "86400", name: t`In 1 day` },
            { value: "604800", name: t`In 1 week` },
          ]}
        />
      </Confirm>
    </>
  );
}

const LATELY_MILLISECONDS = 7 * 86_400_000;

/** Ends a key, or an app's access, at once. Warns if something seems to use it. */
export function RevokeKey({ apiKey: { id, name, clientId, lastUsedAt } }: { apiKey: ApiKey }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const revoke = useWrite(keysRevoke);
  const [isOpen, setIsOpen] = useState(false);
  const wasUsedLately = lastUsedAt !== null && Date.now() - Date.parse(lastUsedAt) < LATELY_MILLISECONDS;
  return (
    <>
      <Button
        kind="danger"
        aria-label={t`Revoke ${name}`}
        onClick={() => {
          revoke.reset();
          setIsOpen(true);
        }}
      >{t`Revoke`}</Button>
      <Confirm
        title={t`Revoke “${name}”?`}
        action={t`Revoke`}
        isOpen={isOpen}
        isBusy={revoke.isPending}
        error={revoke.error}
        onClose={() => setIsOpen(false)}
        onConfirm={() =>
          revoke.mutate(
            { params: { id } },
            {
              onSuccess() {
                setIsOpen(false);
                toasts.say(clientId === null ? t`The key was revoked.` : t`The app's access was revoked.`);
              },
            },
          )
        }
      >
        {wasUsedLately && (
          <Notice tone="warn">
            <Trans>
              It was last used <Time at={lastUsedAt} />. Whatever uses it stops working.
            </Trans>
          </Notice>
        )}
        <p className="text-sm">
          {clientId === null ? (
            <Trans>Requests with this key fail from now on. This cannot be undone.</Trans>
          ) : (
            <Trans>The app has no access from now on. It can ask you for it again.</Trans>
          )}
        </p>
      </Confirm>
    </>
  );
}
