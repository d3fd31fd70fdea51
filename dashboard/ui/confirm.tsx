import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { AmpostError } from "../../client/errors.ts";
import { Button, type ButtonKind } from "./controls.tsx";
import { Failure } from "./failure.tsx";
import { Dialog, Notice } from "./surfaces.tsx";

interface ConfirmProps {
  title: string;
  /** What the button says: the verb of what happens. */
  action: string;
  kind?: ButtonKind;
  isOpen: boolean;
  isBusy: boolean;
  error?: AmpostError | null;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before what cannot be undone. What was filled in stays if it fails. */
export function Confirm({
  title,
  action,
  kind = "final",
  isOpen,
  isBusy,
  error = null,
  onConfirm,
  onClose,
  children,
}: ConfirmProps) {
  const { t } = useLingui();
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <div className="space-y-2 text-sm">{children}</div>
        {error !== null && <Refused error={error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{t`Back`}</Button>
          <Button type="submit" kind={kind} isBusy={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Refused({ error }: { error: AmpostError }) {
  if (error.code !== "PRECONDITION_FAILED") return <Failure error={error} />;
  return (
    <Notice tone="bad">
      <Trans>
        The post has changed in the meantime, and the page now shows it as it is. Check it before you go on.
      </Trans>
    </Notice>
  );
}
