import { Trans, useLingui } from "@lingui/react/macro";

import {
  type Session,
  sessionsList,
  sessionsRevoke,
  sessionsRevokeOthers,
} from "../../contract/operations/sessions.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Tag } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { nameOfBrowser } from "./browser-name.ts";

export function Sessions() {
  const { t } = useLingui();
  const toasts = useToasts();
  const { data, error, refetch } = useRead(sessionsList);
  const endOthers = useWrite(sessionsRevokeOthers);
  const sessions = data?.sessions ?? [];
  return (
    <Card
      title={t`Sessions`}
      actions={
        sessions.length > 1 && (
          <Button
            kind="danger"
            isBusy={endOthers.isPending}
            onClick={() =>
              endOthers.mutate(
                {},
                {
                  onSuccess: () => toasts.say(t`All other sessions have been signed out.`),
                  onError: toasts.sayFailure,
                },
              )
            }
          >
            {t`Sign out of all others`}
          </Button>
        )
      }
    >
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={2} />}
      <ul className="divide-y">
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
    </Card>
  );
}

function SessionRow({ session }: { session: Session }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const end = useWrite(sessionsRevoke);
  const { id, isCurrent, address, userAgent, createdAt } = session;
  const browser = nameOfBrowser(userAgent) ?? t`Unknown browser`;
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3">
      <div className="min-w-0 text-sm">
        <p className="font-semibold">
          {browser} {isCurrent && <Tag tone="good">{t`This session`}</Tag>}
        </p>
        <p className="text-dim">
          {address ?? t`Unknown address`} ·{" "}
          <Trans>
            signed in <Time at={createdAt} />
          </Trans>
        </p>
      </div>
      {!isCurrent && (
        <Button
          kind="danger"
          isBusy={end.isPending}
          aria-label={t`Sign out of ${browser}`}
          onClick={() =>
            end.mutate(
              { params: { id } },
              { onSuccess: () => toasts.say(t`The session has been signed out.`), onError: toasts.sayFailure },
            )
          }
        >
          {t`Sign out`}
        </Button>
      )}
    </li>
  );
}
