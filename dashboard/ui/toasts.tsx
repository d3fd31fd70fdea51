import { useLingui } from "@lingui/react/macro";
import { Toast } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

import { Said } from "../words/use-words.tsx";
import { Button } from "./controls.tsx";
import { requestHref } from "./failure.tsx";
import { CloseIcon } from "./icons.tsx";

interface Said {
  id: number;
  text: string;
  isBad: boolean;
  /** The address of the failed request in the request log. */
  requestHref?: string | undefined;
  undo: (() => void) | undefined;
}

interface Toasts {
  /** Says that something is done, with a way back if there is one. */
  say(text: string, undo?: () => void): void;
  /** Says that something failed, for things that have no field to say it beside. */
  sayFailure(error: Error): void;
}

const Context = createContext<Toasts | null>(null);

export function useToasts(): Toasts {
  const toasts = useContext(Context);
  if (toasts === null) throw new Error("There is no ToastRoom around this");
  return toasts;
}

let last = 0;

export function ToastRoom({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const [shown, setShown] = useState<readonly Said[]>([]);
  const add = useCallback((said: Omit<Said, "id">) => {
    last += 1;
    const id = last;
    setShown((before) => [...before.slice(-2), { id, ...said }]);
  }, []);
  const toasts = useMemo<Toasts>(
    () => ({
      say: (text, undo) => add({ text, isBad: false, undo }),
      sayFailure: (error) =>
        add({ text: error.message, isBad: true, undo: undefined, requestHref: requestHref(error) }),
    }),
    [add],
  );
  const drop = (id: number) => setShown((before) => before.filter((each) => each.id !== id));
  return (
    <Context value={toasts}>
      <Toast.Provider label={t`Notification`} duration={6000}>
        {children}
        {shown.map(({ id, text, isBad, undo, requestHref: href }) => (
          <Toast.Root
            key={id}
            type={isBad ? "foreground" : "background"}
            onOpenChange={(isOpen) => (isOpen ? undefined : drop(id))}
            className={`flex items-center gap-2 rounded-xl border bg-card px-4 py-2 shadow-lg ${isBad ? "border-bad" : ""}`}
          >
            <Toast.Description className="grow text-sm">
              {isBad ? <Said text={text} /> : text}{" "}
              {href !== undefined && (
                <a href={href} className="text-link underline underline-offset-2">
                  {t`Show the request`}
                </a>
              )}
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
    </Context>
  );
}
