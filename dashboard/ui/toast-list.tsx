import { useLingui } from "@lingui/react/macro";
import { Toast } from "radix-ui";
import type { ReactNode } from "react";

import { Said } from "../words/use-words.tsx";
import { Button } from "./controls.tsx";
import { CloseIcon } from "./icons.tsx";
import type { ToastSaid } from "./toasts.tsx";

export function ToastList({ shown, onDrop }: { shown: readonly ToastSaid[]; onDrop: (id: number) => void }) {
  const { t } = useLingui();
  return (
    <Toast.Provider label={t`Notification`} duration={6000}>
      {shown.map(({ id, text, isBad, warning, undo, requestHref, postHref }) => (
        <Toast.Root
          key={id}
          type={isBad ? "foreground" : "background"}
          onOpenChange={(isOpen) => (isOpen ? undefined : onDrop(id))}
          className={`flex items-center gap-2 rounded-xl border bg-card px-4 py-2 shadow-lg ${isBad ? "border-bad" : ""}`}
        >
          <Toast.Description className="grow text-sm">
            {isBad ? <Said text={text} /> : text}
            {warning !== undefined && (
              <>
                . <Said text={warning} />
              </>
            )}
            {requestHref !== undefined && <ToastLink href={requestHref}>{t`Show the request`}</ToastLink>}
            {postHref !== undefined && <ToastLink href={postHref}>{t`Open the post`}</ToastLink>}
          </Toast.Description>
          {undo !== undefined && (
            <Toast.Action altText={t`Undo`} asChild>
              <Button kind="quiet" onClick={undo}>
                {t`Undo`}
              </Button>
            </Toast.Action>
          )}
          <Toast.Close asChild>
            <Button kind="quiet" className="px-2" aria-label={t`Close`}>
              <CloseIcon />
            </Button>
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed inset-x-4 bottom-20 z-50 ms-auto flex max-w-md flex-col gap-2 md:bottom-4" />
    </Toast.Provider>
  );
}

function ToastLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <>
      {" "}
      <a href={href} className="text-link underline underline-offset-2">
        {children}
      </a>
    </>
  );
}
