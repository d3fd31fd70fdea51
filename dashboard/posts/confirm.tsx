import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { AmpostError } from "../../client/errors.ts";
import { Button, type ButtonKind } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dialog, Notice } from "../ui/surfaces.tsx";

interface ConfirmProps {
  title: string;
  /** What the button does, in its own words. */
  verb: string;
  kind?: ButtonKind;
  isOpen: boolean;
  isBusy: boolean;
  error: AmpostError | null;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something that cannot be undone. What was filled in stays if it fails. */
export function Confirm({
  title,
  verb,
  kind = "main",
  isOpen,
  isBusy,
  error,
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
        {children}
        {error !== null && <Refused error={error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{t`Back`}</Button>
          <Button type="submit" kind={kind} isBusy={isBusy}>
            {verb}
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
