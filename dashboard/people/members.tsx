import { useLingui } from "@lingui/react/macro";
import { useId, useState } from "react";

import { type Member, membersList, membersRemove, membersUpdate } from "../../contract/operations/workspaces.ts";
import { MEMBER_ROLES } from "../../model/roles.ts";
import { useAsk, useRead, useWrite } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Tag } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { useRoles } from "./role-names.ts";

export function Members() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(membersList);
  const roles = useRoles();
  const { user } = start;
  return (
    <Card title={t`Members`}>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={2} />}
      {data !== undefined && (
        <ul className="divide-y">
          <li className="flex flex-wrap items-center justify-between gap-3 py-3">
            <Who name={user.name} email={user.email} />
            <Tag>{roles.owner.name}</Tag>
          </li>
          {data.members.map((member) => (
            <MemberRow key={member.id} member={member} />
          ))}
        </ul>
      )}
      {data?.members.length === 0 && <p className="text-sm text-dim">{t`Nobody else yet.`}</p>}
    </Card>
  );
}

export function Who({ name, email }: { name: string; email: string }) {
  return (
    <div className="min-w-0 text-sm wrap-anywhere">
      <p className="font-semibold">{name === "" ? email : name}</p>
      {name !== "" && <p className="text-dim">{email}</p>}
    </div>
  );
}

function MemberRow({ member }: { member: Member }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const roles = useRoles();
  const label = useId();
  const [isOpen, setIsOpen] = useState(false);
  const change = useWrite(membersUpdate);
  const changeBack = useAsk(membersUpdate);
  const remove = useWrite(membersRemove);
  const name = member.name === "" ? member.email : member.name;
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3">
      <Who name={member.name} email={member.email} />
      <div className="flex items-center gap-2">
        <label htmlFor={label} className="sr-only">
          {t`Role of ${name}`}
        </label>
        <select
          id={label}
          className="h-10 rounded-lg border border-dim/60 bg-card px-3 text-base text-ink sm:text-sm"
          value={member.role}
          disabled={change.isPending}
          onChange={({ target }) => {
            const role = MEMBER_ROLES.find((each) => each === target.value) ?? member.role;
            const to = (next: typeof role) => ({ params: { id: member.id }, body: { role: next } });
            const say = (now: typeof role, undo?: () => void) =>
              toasts.say(t`${name} is now: ${roles[now].name}.`, undo);
            const undo = () => void changeBack(to(member.role)).then(() => say(member.role), toasts.sayFailure);
            change.mutate(to(role), { onSuccess: () => say(role, undo), onError: toasts.sayFailure });
          }}
        >
          {MEMBER_ROLES.map((role) => (
            <option key={role} value={role}>
              {roles[role].name}
            </option>
          ))}
        </select>
        <Button kind="danger" aria-label={t`Remove ${name}`} onClick={() => setIsOpen(true)}>
          {t`Remove`}
        </Button>
      </div>
      <Confirm
        title={t`Remove ${name}?`}
        action={t`Remove`}
        isOpen={isOpen}
        isBusy={remove.isPending}
        onClose={() => setIsOpen(false)}
        onConfirm={() =>
          remove.mutate(
            { params: { id: member.id } },
            {
              onSuccess() {
                setIsOpen(false);
                toasts.say(t`${name} was removed.`);
              },
              onError: toasts.sayFailure,
            },
          )
        }
      >
        <p>{t`They no longer see this workspace. What they have written stays.`}</p>
      </Confirm>
    </li>
  );
}
