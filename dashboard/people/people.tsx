import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { workspacesLeave } from "../../contract/operations/workspaces.ts";
import { useWrite } from "../api/use-api.ts";
import { Settings } from "../settings/settings.tsx";
import { useMode } from "../shell/mode.ts";
import { addressOfWorkspace, may, workspace } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button } from "../ui/controls.tsx";
import { Card } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { InviteForm } from "./invite-form.tsx";
import { Invites } from "./invites.tsx";
import { Members } from "./members.tsx";
import { useRoles } from "./role-names.ts";

/** Who works in the workspace. Its owner invites them and says what they may do. */
export function People() {
  return (
    <Settings>
      {may("members_list") ? (
        <>
          <InviteForm />
          <Members />
          <Invites />
        </>
      ) : (
        <Membership />
      )}
    </Settings>
  );
}

function Membership() {
  const { t } = useLingui();
  const mode = useMode();
  const [isOpen, setIsOpen] = useState(false);
  const toasts = useToasts();
  const leave = useWrite(workspacesLeave);
  const roles = useRoles();
  const { name, can } = roles[workspace.role];
  return (
    <Card title={workspace.name} actions={<Button kind="danger" onClick={() => setIsOpen(true)}>{t`Leave`}</Button>}>
      <p className="text-sm">
        <Trans>
          Your role: <strong>{name}</strong>. {can}
        </Trans>
      </p>
      <p className="mt-1 text-sm text-dim">{t`Only the owner can see and invite people.`}</p>
      <Confirm
        title={t`Leave this workspace?`}
        action={t`Leave`}
        isOpen={isOpen}
        isBusy={leave.isPending}
        onClose={() => setIsOpen(false)}
        onConfirm={() =>
          leave.mutate(
            { params: { id: workspace.id } },
            {
              onSuccess: () => location.assign(addressOfWorkspace(start.user.id, mode)),
              onError: toasts.sayFailure,
            },
          )
        }
      >
        <p>{t`What you have written here stays. To come back, you need a new invitation.`}</p>
      </Confirm>
    </Card>
  );
}
