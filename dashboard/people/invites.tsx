import { Trans, useLingui } from "@lingui/react/macro";

import { type MemberInvite, memberInvitesDelete, memberInvitesList } from "../../contract/operations/workspaces.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { useRoles } from "./role-names.ts";

/** Invitations that nobody has accepted yet; nothing if there are none. */
export function Invites() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(memberInvitesList);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined || data.invites.length === 0) return null;
  return (
    <Card title={t`Open invitations`}>
      <ul className="divide-y">
        {data.invites.map((invite) => (
          <InviteRow key={invite.id} invite={invite} />
        ))}
      </ul>
    </Card>
  );
}

function InviteRow({ invite: { id, email, role, expiresAt } }: { invite: MemberInvite }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const roles = useRoles();
  const revoke = useWrite(memberInvitesDelete);
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm">
      <div className="min-w-0 wrap-anywhere">
        <p className="font-semibold">{email}</p>
        <p className="text-dim">
          <Trans>
            {roles[role].name}, until <Time at={expiresAt} />
          </Trans>
        </p>
      </div>
      <Button
        kind="danger"
        isBusy={revoke.isPending}
        aria-label={t`Revoke the invitation for ${email}`}
        onClick={() =>
          revoke.mutate(
            { params: { id } },
            { onSuccess: () => toasts.say(t`The invitation was revoked.`), onError: toasts.sayFailure },
          )
        }
      >
        {t`Revoke`}
      </Button>
    </li>
  );
}
