import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { invitesCreate, invitesDelete, invitesList } from "../../contract/operations/invites.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";

/** Whom the owner of the instance has invited to create an account. */
export function Invitations() {
  const { t } = useLingui();
  const toasts = useToasts();
  const { data, error, refetch } = useRead(invitesList);
  const invite = useWrite(invitesCreate);
  const withdraw = useWrite(invitesDelete);
  const [address, setAddress] = useState("");
  /** An invitation to pass on: only the answer that creates it has its link. */
  const [unsent, setUnsent] = useState<{ email: string; link: string } | null>(null);
  return (
    <Card title={t`Invitations`}>
      <p className="mb-3 text-sm text-dim">
        <Trans>Whoever you invite creates an account of their own on this instance.</Trans>
      </p>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={1} />}
      <ul className="divide-y">
        {data?.invites.map(({ id, email, expiresAt }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm">
            <div>
              <p className="font-semibold">{email}</p>
              <p className="text-dim">
                <Trans>
                  Expires <Time at={expiresAt} />
                </Trans>
              </p>
            </div>
            <Button
              kind="danger"
              aria-label={t`Revoke the invitation for ${email}`}
              isBusy={withdraw.isPending && withdraw.variables.params?.id === id}
              onClick={() => withdraw.mutate({ params: { id } }, { onError: toasts.sayFailure })}
            >
              {t`Revoke`}
            </Button>
          </li>
        ))}
      </ul>
      {unsent !== null && (
        <div className="my-3 space-y-2">
          <Notice tone="warn">
            <Trans>
              This instance has no mail server, so the invitation was not sent. Pass its link on to {unsent.email}{" "}
              yourself: it works once and is not shown again.
            </Trans>
          </Notice>
          <Copyable label={t`Invitation link`} text={unsent.link} />
        </div>
      )}
      <form
        className="mt-3 flex max-w-md flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          setUnsent(null);
          const to = address.trim();
          invite.mutate(
            { body: { email: to } },
            {
              onSuccess: ({ link }) => {
                setAddress("");
                if (link === null) toasts.say(t`The invitation has been sent.`);
                else setUnsent({ email: to, link });
              },
            },
          );
        }}
      >
        <div className="min-w-56 grow">
          <TextField
            label={t`Email address to invite`}
            type="email"
            required
            autoComplete="off"
            error={errorAt(invite.error, "/email") ?? errorElsewhere(invite.error, ["/email"])}
            value={address}
            onChange={({ target }) => setAddress(target.value)}
          />
        </div>
        <Button type="submit" isBusy={invite.isPending}>
          {t`Send invitation`}
        </Button>
      </form>
    </Card>
  );
}
