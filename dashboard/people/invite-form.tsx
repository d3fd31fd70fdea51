import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { memberInvitesCreate } from "../../contract/operations/workspaces.ts";
import { MEMBER_ROLES, type MemberRole } from "../../model/roles.ts";
import { errorAt } from "../api/field-errors.ts";
import { useWrite } from "../api/use-api.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { useRoles } from "./role-names.ts";

export function InviteForm() {
  const { t } = useLingui();
  const toasts = useToasts();
  const roles = useRoles();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<MemberRole>("writer");
  const [link, setLink] = useState<{ to: string; url: string } | null>(null);
  const invite = useWrite(memberInvitesCreate);
  const beside = errorAt(invite.error, "/email");
  return (
    <Card title={t`Invite a person`}>
      <form
        className="grid items-start gap-3 sm:grid-cols-[1fr_14rem_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          setLink(null);
          invite.mutate(
            { body: { email, role } },
            {
              onSuccess(answer) {
                setEmail("");
                if (answer.link === null) toasts.say(t`The invitation was sent to ${answer.invite.email}.`);
                else setLink({ to: answer.invite.email, url: answer.link });
              },
            },
          );
        }}
      >
        <TextField
          label={t`Email`}
          type="email"
          required
          autoComplete="off"
          value={email}
          onChange={({ target }) => setEmail(target.value)}
          error={beside}
        />
        <Select
          label={t`Role`}
          value={role}
          onChange={({ target }) => setRole(MEMBER_ROLES.find((each) => each === target.value) ?? role)}
          options={MEMBER_ROLES.map((value) => ({ value, name: roles[value].name }))}
          hint={roles[role].can}
        />
        <Button type="submit" kind="main" className="sm:mt-6" isBusy={invite.isPending}>
          {t`Invite`}
        </Button>
      </form>
      {invite.error !== null && beside === undefined && <Failure error={invite.error} />}
      {link !== null && (
        <div className="mt-4 space-y-2 text-sm" role="status">
          <p className="font-semibold">{t`Link for ${link.to}`}</p>
          <Copyable label={t`Link for ${link.to}`} text={link.url} />
          <p className="text-dim">{t`This instance has no mail server. Send the link yourself: it works once, for 7 days, and is not shown again.`}</p>
        </div>
      )}
    </Card>
  );
}
