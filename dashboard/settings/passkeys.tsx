import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { AmpostError } from "../../client/errors.ts";
import { askSignIn, useSignInRoute } from "../api/sign-in-routes.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { nameOfBrowser } from "./browser-name.ts";

interface Passkey {
  id: string;
  name?: string | null;
  createdAt?: string | null;
}

const LIST = ["sign-in", "passkeys"];

/** Passkeys work over https, and on the machine that serves the app. */
const canUse = "PublicKeyCredential" in globalThis && "parseCreationOptionsFromJSON" in PublicKeyCredential;

export function Passkeys() {
  const { t } = useLingui();
  const toasts = useToasts();
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery<Passkey[], AmpostError>({
    queryKey: LIST,
    queryFn: () => askSignIn<Passkey[]>("passkey/list-user-passkeys"),
  });
  const [gone, setGone] = useState<Passkey | null>(null);
  const add = useMutation<void, Error>({
    mutationFn: addPasskey,
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: LIST });
      toasts.say(t`The passkey has been added. You can now sign in with it.`);
    },
    // A sign-in that is not recent enough is a 401, too: it is shown, with a way to sign in again.
    throwOnError: false,
  });
  const remove = useSignInRoute<unknown, { id: string }>("passkey/delete-passkey", () => {
    void cache.invalidateQueries({ queryKey: LIST });
    setGone(null);
    toasts.say(t`The passkey has been removed.`);
  });
  const nameOf = ({ name }: Passkey) => name ?? t`Passkey`;
  return (
    <Card
      title={t`Passkeys`}
      actions={
        canUse && (
          <Button isBusy={add.isPending} onClick={() => add.mutate()}>
            {t`Add a passkey`}
          </Button>
        )
      }
    >
      {add.error instanceof AmpostError && <Failure error={add.error} />}
      {add.error !== null && !(add.error instanceof AmpostError) && (
        <Notice tone="bad">
          {add.error.name === "NotAllowedError" ? t`The passkey was not added. Try again.` : add.error.message}
        </Notice>
      )}
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={1} />}
      {data?.length === 0 && (
        <p className="text-sm text-dim">
          {canUse
            ? t`You have no passkeys. A passkey lets you sign in with your fingerprint, face or device PIN.`
            : t`You have no passkeys. This browser can add them only over https.`}
        </p>
      )}
      <ul className="divide-y">
        {data?.map((passkey) => (
          <li key={passkey.id} className="flex flex-wrap items-center justify-between gap-3 py-3 text-sm">
            <div>
              <p className="font-semibold">{nameOf(passkey)}</p>
              {typeof passkey.createdAt === "string" && (
                <p className="text-dim">
                  <Trans>
                    Added <Time at={passkey.createdAt} />
                  </Trans>
                </p>
              )}
            </div>
            <Button kind="danger" aria-label={t`Remove ${nameOf(passkey)}`} onClick={() => setGone(passkey)}>
              {t`Remove`}
            </Button>
          </li>
        ))}
      </ul>
      <Confirm
        title={t`Remove this passkey?`}
        action={t`Remove`}
        isOpen={gone !== null}
        isBusy={remove.isPending}
        onConfirm={() => gone !== null && remove.mutate({ id: gone.id })}
        onClose={() => setGone(null)}
      >
        <p>
          <Trans>You can no longer sign in with it. It stays on your device until you delete it there.</Trans>
        </p>
        {remove.error !== null && <Failure error={remove.error} />}
      </Confirm>
    </Card>
  );
}

async function addPasskey(): Promise<void> {
  const options = await askSignIn<PublicKeyCredentialCreationOptionsJSON>("passkey/generate-register-options");
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  });
  if (!(credential instanceof PublicKeyCredential)) return;
  await askSignIn("passkey/verify-registration", {
    response: credential.toJSON(),
    name: nameOfBrowser(navigator.userAgent) ?? "",
  });
}
