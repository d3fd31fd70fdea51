import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import { Button } from "./controls.tsx";
import { Dialog } from "./surfaces.tsx";

/** Asks before what cannot be undone. */
export function Confirm({
  title,
  action,
  isOpen,
  isBusy,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  /** What the button says: the verb of what happens. */
  action: string;
  isOpen: boolean;
  isBusy: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <div className="space-y-2 text-sm">{children}</div>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{t`Cancel`}</Button>
        <Button kind="danger" isBusy={isBusy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
