import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import { type Me, meGet } from "../../contract/operations/me.ts";
import { useSignInRoute } from "../api/sign-in-routes.ts";
import { Button, buttonClass, TextField } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Card, Dialog, Tag } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { QrCode } from "./qr-code.tsx";

type Open = "on" | "codes" | "off" | null;

/** Codes of an app at sign-in with the password. Each change asks for the password. */
export function TwoFactor({ user }: { user: Me }) {
  const { t } = useLingui();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  if (!user.hasPassword)
    return (
      <Card title={t`Two-factor authentication`}>
        <p className="text-sm text-dim">{t`Set a password first: two-factor authentication protects signing in with it.`}</p>
      </Card>
    );
  return (
    <Card
      title={
        <>
          {t`Two-factor authentication`} {user.twoFactorEnabled && <Tag tone="good">{t`On`}</Tag>}
        </>
      }
    >
      <p className="mb-3 text-sm text-dim">{t`A code from an authenticator app is asked for when you sign in with your password.`}</p>
      <div className="flex flex-wrap gap-2">
        {user.twoFactorEnabled ? (
          <>
            <Button onClick={() => setOpen("codes")}>{t`New backup codes`}</Button>
            <Button kind="danger" onClick={() => setOpen("off")}>
              {t`Turn off`}
            </Button>
          </>
        ) : (
          <Button onClick={() => setOpen("on")}>{t`Turn on`}</Button>
        )}
      </div>
      <Dialog title={t`Turn on two-factor authentication`} isOpen={open === "on"} onClose={close}>
        <TurnOn email={user.email} onClose={close} />
      </Dialog>
      <Dialog title={t`New backup codes`} isOpen={open === "codes"} onClose={close}>
        <NewCodes email={user.email} onClose={close} />
      </Dialog>
      <Dialog title={t`Turn off two-factor authentication?`} isOpen={open === "off"} onClose={close}>
        <TurnOff email={user.email} onClose={close} />
      </Dialog>
    </Card>
  );
}

interface PartProps {
  email: string;
  onClose: () => void;
}

function useAgain(): () => void {
  const cache = useQueryClient();
  return () => void cache.invalidateQueries({ queryKey: meGet.path.split("/").slice(1) });
}

function TurnOn({ email, onClose }: PartProps) {
  const { t } = useLingui();
  const toasts = useToasts();
  const readAgain = useAgain();
  const [begun, setBegun] = useState<{ totpURI: string; backupCodes: string[] } | null>(null);
  const [code, setCode] = useState("");
  const begin = useSignInRoute<{ totpURI: string; backupCodes: string[] }, object>("two-factor/enable", setBegun);
  const confirm = useSignInRoute<unknown, object>("two-factor/verify-totp", () => {
    readAgain();
    onClose();
    toasts.say(t`Two-factor authentication is on. You will be asked for a code when you sign in.`);
  });
  if (begun === null)
    return (
      <AskPassword
        email={email}
        verb={t`Continue`}
        isBusy={begin.isPending}
        error={begin.error}
        onPassword={(password) => begin.mutate({ password })}
      />
    );
  const secret = new URL(begun.totpURI).searchParams.get("secret") ?? "";
  return (
    <form
      className="space-y-5"
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate({ code: code.replaceAll(/\s/g, "") });
      }}
    >
      <div className="space-y-3">
        <h3 className="font-semibold">{t`1. Scan this QR code with your authenticator app`}</h3>
        <QrCode text={begun.totpURI} label={t`QR code for your authenticator app`} />
        <p className="text-sm">{t`Can't scan it? Enter this key:`}</p>
        <Copyable label={t`Key`} text={secret.match(/.{1,4}/g)?.join(" ") ?? ""} />
      </div>
      <div className="space-y-3">
        <h3 className="font-semibold">{t`2. Save your backup codes`}</h3>
        <BackupCodes codes={begun.backupCodes} />
      </div>
      <div className="space-y-3">
        <h3 className="font-semibold">{t`3. Enter a code to confirm`}</h3>
        <TextField
          label={t`Code from your app`}
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          error={confirm.error === null ? undefined : messageOf(confirm.error, t`This code is incorrect.`)}
          value={code}
          onChange={({ target }) => setCode(target.value)}
        />
        <Button type="submit" kind="main" isBusy={confirm.isPending}>
          {t`Turn on`}
        </Button>
      </div>
    </form>
  );
}

function NewCodes({ email, onClose }: PartProps) {
  const { t } = useLingui();
  const [codes, setCodes] = useState<string[] | null>(null);
  const make = useSignInRoute<{ backupCodes: string[] }, object>("two-factor/generate-backup-codes", (answer) =>
    setCodes(answer.backupCodes),
  );
  if (codes === null)
    return (
      <AskPassword
        email={email}
        verb={t`Generate codes`}
        isBusy={make.isPending}
        error={make.error}
        onPassword={(password) => make.mutate({ password })}
      />
    );
  return (
    <div className="space-y-4">
      <BackupCodes codes={codes} />
      <p className="text-sm">{t`Your old backup codes no longer work.`}</p>
      <Button kind="main" onClick={onClose}>
        {t`Done`}
      </Button>
    </div>
  );
}

function TurnOff({ email, onClose }: PartProps) {
  const { t } = useLingui();
  const toasts = useToasts();
  const readAgain = useAgain();
  const end = useSignInRoute<unknown, object>("two-factor/disable", () => {
    readAgain();
    onClose();
    toasts.say(t`Two-factor authentication is off.`);
  });
  return (
    <AskPassword
      email={email}
      verb={t`Turn off`}
      kind="final"
      isBusy={end.isPending}
      error={end.error}
      onPassword={(password) => end.mutate({ password })}
    >
      <p className="text-sm">{t`Your password alone will be enough to sign in, and your backup codes stop working.`}</p>
    </AskPassword>
  );
}

function BackupCodes({ codes }: { codes: readonly string[] }) {
  const { t } = useLingui();
  const text = codes.join("\n");
  return (
    <>
      <p className="text-sm">
        <Trans>Each code signs you in once without your app. Save them now: they will not be shown again.</Trans>
      </p>
      <Copyable label={t`Backup codes`} text={text} />
      <a
        href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`}
        download="ampost-backup-codes.txt"
        className={buttonClass()}
      >
        {t`Download as a text file`}
      </a>
    </>
  );
}

function AskPassword({
  email,
  verb,
  kind = "main",
  isBusy,
  error,
  onPassword,
  children,
}: {
  email: string;
  verb: string;
  kind?: "main" | "final";
  isBusy: boolean;
  error: AmpostError | null;
  onPassword: (password: string) => void;
  children?: ReactNode;
}) {
  const { t } = useLingui();
  const [password, setPassword] = useState("");
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        onPassword(password);
      }}
    >
      {children}
      <input type="email" name="username" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label={t`Password`}
        type="password"
        autoComplete="current-password"
        required
        error={error === null ? undefined : messageOf(error, t`This password is incorrect.`)}
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <Button type="submit" kind={kind} isBusy={isBusy}>
        {verb}
      </Button>
    </form>
  );
}

/** What the sign-in library says of a wrong value is terser than what people need. */
function messageOf(error: AmpostError, wrong: string): string {
  const isWrong = error.issues.some(({ rule }) => rule === "auth.invalid_password" || rule === "auth.invalid_code");
  return isWrong ? wrong : error.message;
}
