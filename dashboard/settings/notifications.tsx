import { Trans, useLingui } from "@lingui/react/macro";

import {
  type Notifications as Chosen,
  notificationsGet,
  notificationsUpdate,
} from "../../contract/operations/notifications.ts";
import { NOTIFICATION_KINDS, type NotificationKind, NOTIFIED } from "../../model/notifications.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { workspace } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { Checkbox } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { NoMailServer } from "./no-mail-server.tsx";
import { Settings } from "./settings.tsx";

export function Notifications() {
  const { t } = useLingui();
  const mode = useMode();
  const { data, error, refetch } = useRead(notificationsGet);
  return (
    <Settings>
      <Card title={mode === "test" ? t`Emails in test mode` : t`Emails in live mode`}>
        <NoMailServer />
        <p className="my-3 text-sm text-dim">
          <Trans>
            They go to {start.user.email}. More than five of a kind within five minutes become one email. Each email has
            a link that turns its kind off.
          </Trans>
        </p>
        {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && <Loading rows={2} />}
        {data !== undefined && (
          <ul>
            {NOTIFICATION_KINDS.filter((kind) => workspace.role in NOTIFIED[kind]).map((kind) => (
              <Kind key={kind} kind={kind} chosen={data.notifications} />
            ))}
          </ul>
        )}
      </Card>
    </Settings>
  );
}

function Kind({ kind, chosen }: { kind: NotificationKind; chosen: Chosen }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const save = useWrite(notificationsUpdate);
  const names: Record<NotificationKind, { name: string; hint: string }> = {
    failed: { name: t`A post failed`, hint: t`It could not be published on a platform, or not in time.` },
    unknown: {
      name: t`An outcome is unknown`,
      hint: t`The platform did not confirm a post, and you have to look whether it is there.`,
    },
    accountAccess: {
      name: t`An account needs to be reconnected`,
      hint: t`Access expires in 7, 3 or 1 days, or has been lost.`,
    },
    approval: {
      name: t`A post waits for approval`,
      hint: t`An API key or a writer who cannot publish alone has sent one.`,
    },
    decided: {
      name: t`Your post was approved or sent back`,
      hint: t`You asked for its approval. The email says whether it was published since, or what to change.`,
    },
  };
  // While it is saved, it shows what was chosen.
  const isOn = save.isPending ? Object(save.variables.body)[kind] === true : chosen[kind];
  return (
    <li>
      <Checkbox
        label={names[kind].name}
        hint={names[kind].hint}
        checked={isOn}
        disabled={save.isPending}
        onChange={({ target: { checked } }) =>
          save.mutate({ body: { [kind]: checked } }, { onError: toasts.sayFailure })
        }
      />
    </li>
  );
}
