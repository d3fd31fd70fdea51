import { createContext, type ReactNode, Suspense, useCallback, useContext, useMemo, useState } from "react";

import { requestHref } from "./failure.tsx";
import { useIsIdle } from "./idle.ts";
import { later } from "./later.ts";

const ToastList = later(async () => (await import("./toast-list.tsx")).ToastList);

export interface ToastSaid {
  id: number;
  text: string;
  isBad: boolean;
  /** What the server warns of, in its words. */
  warning?: string | undefined;
  /** The address of the failed request in the request log. */
  requestHref?: string | undefined;
  postHref?: string | undefined;
  undo: (() => void) | undefined;
}

interface Toasts {
  /** Says that something is done, with a way back if there is one. */
  say(text: string, undo?: () => void, warning?: string): void;
  /** Says that something is done with a post that is not shown, with its address. */
  sayOf(postHref: string, text: string): void;
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
  const isIdle = useIsIdle();
  const [shown, setShown] = useState<readonly ToastSaid[]>([]);
  const add = useCallback((said: Omit<ToastSaid, "id">) => {
    last += 1;
    const id = last;
    setShown((before) => [...before.slice(-2), { id, ...said }]);
  }, []);
  const toasts = useMemo<Toasts>(
    () => ({
      say: (text, undo, warning) => add({ text, isBad: false, undo, warning }),
      sayOf: (postHref, text) => add({ text, isBad: false, undo: undefined, postHref }),
      sayFailure: (error) =>
        add({ text: error.message, isBad: true, undo: undefined, requestHref: requestHref(error) }),
    }),
    [add],
  );
  const drop = useCallback((id: number) => setShown((before) => before.filter((each) => each.id !== id)), []);
  return (
    <Context value={toasts}>
      {children}
      {(isIdle || shown.length > 0) && (
        <Suspense>
          <ToastList shown={shown} onDrop={drop} />
        </Suspense>
      )}
    </Context>
  );
}
