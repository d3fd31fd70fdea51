import { Trans, useLingui } from "@lingui/react/macro";
import { type FormEvent, useState } from "react";

import { type Me, meGet } from "../../contract/operations/me.ts";
import { useSignInRoute } from "../api/sign-in-routes.ts";
import { useRead } from "../api/use-api.ts";
import { Button, OutLink, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Sessions } from "./sessions.tsx";
import { Settings } from "./settings.tsx";
import { TwoFactor } from "./two-factor.tsx";

export function Security() {
  const { data, error, refetch } = useRead(meGet);
  return (
    <Settings>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={3} />}
      {data !== undefined && (
        <>
          <Password user={data.user} />
          <TwoFactor user={data.user} />
        </>
      )}
      <Passkeys />
      <Sessions />
    </Settings>
  );
}

const EMPTY = { currentPassword: "", newPassword: "", again: "" };

function Password({ user }: { user: Me }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const [typed, setTyped] = useState(EMPTY);
  const [differs, setDiffers] = useState(false);
  const change = useSignInRoute<unknown, object>("change-password", () => {
    setTyped(EMPTY);
    toasts.say(t`Your password has been changed, and all other sessions have been signed out.`);
  });
  if (!user.hasPassword)
    return (
      <Card title={t`Password`}>
        <p className="text-sm">
          <Trans>
            You do not have a password. <OutLink href="/forgot-password">Set one by email</OutLink>
          </Trans>
        </p>
      </Card>
    );
  const set = (name: keyof typeof EMPTY) => ({
    value: typed[name],
    type: "password",
    required: true,
    onChange: ({ target }: { target: { value: string } }) => setTyped({ ...typed, [name]: target.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const isSame = typed.newPassword === typed.again;
    setDiffers(!isSame);
    if (!isSame) return;
    const { currentPassword, newPassword } = typed;
    change.mutate({ currentPassword, newPassword, revokeOtherSessions: true });
  };
  const isWrong = change.error?.issues.some(({ rule }) => rule === "auth.invalid_password") === true;
  return (
    <Card title={t`Password`}>
      <form className="max-w-md space-y-4" onSubmit={submit}>
        {/* For password managers, which store a password with a name. */}
        <input type="email" name="username" autoComplete="username" value={user.email} readOnly hidden />
        <TextField
          label={t`Current password`}
          autoComplete="current-password"
          error={isWrong ? t`This password is incorrect.` : undefined}
          {...set("currentPassword")}
        />
        <TextField
          label={t`New password`}
          autoComplete="new-password"
          minLength={10}
          maxLength={200}
          hint={t`At least 10 characters. You will be signed out everywhere else.`}
          error={isWrong ? undefined : change.error?.message}
          {...set("newPassword")}
        />
        <TextField
          label={t`Confirm new password`}
          autoComplete="new-password"
          error={differs ? t`The new passwords do not match.` : undefined}
          {...set("again")}
        />
        <Button type="submit" isBusy={change.isPending}>
          {t`Change password`}
        </Button>
      </form>
    </Card>
  );
}
