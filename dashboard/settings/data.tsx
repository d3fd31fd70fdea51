import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { type Me, meDelete, meGet } from "../../contract/operations/me.ts";
import { errorAt, isBesideFields } from "../api/field-errors.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { Button, buttonClass, Checkbox, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Dialog, Loading } from "../ui/surfaces.tsx";
import { Settings } from "./settings.tsx";

export function Data() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(meGet);
  return (
    <Settings>
      <Card title={t`Export`}>
        <p className="mb-3 text-sm text-dim">
          <Trans>
            Everything stored about you, in both modes, as one JSON file. Secrets are not included; media have their own
            URLs.
          </Trans>
        </p>
        <a href="/api/me/export" download className={buttonClass()}>
          {t`Export your data`}
        </a>
      </Card>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={1} />}
      {data !== undefined && <DeleteAccount user={data.user} />}
    </Settings>
  );
}

function DeleteAccount({ user }: { user: Me }) {
  const { t } = useLingui();
  const [isOpen, setIsOpen] = useState(false);
  const [password, setPassword] = useState("");
  const [isSure, setIsSure] = useState(false);
  const [isAsked, setIsAsked] = useState(false);
  const remove = useWrite(meDelete);
  const close = () => {
    setIsOpen(false);
    setPassword("");
    setIsSure(false);
    setIsAsked(false);
    remove.reset();
  };
  const confirm = () => {
    setIsAsked(!isSure);
    if (!isSure) return;
    remove.mutate(
      { body: user.hasPassword ? { password } : {} },
      { onSuccess: () => location.assign("/sign-in?notice=deleted") },
    );
  };
  const wrong = errorAt(remove.error, "/password");
  return (
    <Card title={t`Delete account`}>
      <p className="mb-3 text-sm text-dim">
        <Trans>
          Permanently deletes your posts, media, platform sets, accounts and keys in both modes, and asks the platforms
          to revoke access. A subscription ends immediately. Posts already published stay on the platforms.
        </Trans>
      </p>
      <Button kind="danger" onClick={() => setIsOpen(true)}>
        {t`Delete account`}
      </Button>
      <Dialog title={t`Delete your account?`} isOpen={isOpen} onClose={close}>
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            confirm();
          }}
        >
          {user.hasPassword && (
            <>
              <input type="email" name="username" autoComplete="username" value={user.email} readOnly hidden />
              <TextField
                label={t`Password`}
                type="password"
                autoComplete="current-password"
                required
                error={wrong}
                value={password}
                onChange={({ target }) => setPassword(target.value)}
              />
            </>
          )}
          <Checkbox
            label={t`I understand that this cannot be undone`}
            checked={isSure}
            aria-invalid={isAsked && !isSure}
            onChange={({ target }) => setIsSure(target.checked)}
          />
          {isAsked && !isSure && (
            <p role="alert" className="text-sm font-semibold text-bad">
              {t`Check the box to confirm.`}
            </p>
          )}
          {remove.error !== null && !isBesideFields(remove.error, ["/password"]) && <Failure error={remove.error} />}
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={close}>{t`Cancel`}</Button>
            <Button type="submit" kind="final" isBusy={remove.isPending}>
              {t`Delete account`}
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  );
}
