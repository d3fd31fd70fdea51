import { useLingui } from "@lingui/react/macro";
import { createContext, type ReactNode, useContext, useEffect, useRef } from "react";

import { start } from "../start.ts";
import { Said } from "../words/use-words.tsx";
import { Button } from "./controls.tsx";
import { CloseIcon } from "./icons.tsx";

export function Card({
  title,
  actions,
  children,
  className = "",
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={`rounded-2xl border bg-card p-4 sm:p-5 ${className}`}>
      {(title !== undefined || actions !== undefined) && (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
          {title !== undefined && <h2 className="text-base font-semibold">{title}</h2>}
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

/** The frame of a view: its title, what can be done, and its content. */
export function View({
  title,
  actions,
  children,
  isWide = false,
}: {
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  isWide?: boolean;
}) {
  useEffect(() => {
    const name = start.brand.name ?? "Ampost";
    document.title = typeof title === "string" ? `${title} · ${name}` : name;
  }, [title]);
  return (
    // All views begin at the same place.
    <div className="mx-auto max-w-7xl">
      <div className={`space-y-4 ${isWide ? "" : "max-w-4xl"}`}>
        <div className="flex min-h-10 flex-wrap items-center justify-between gap-3">
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
        {children}
      </div>
    </div>
  );
}

export type Tone = "neutral" | "info" | "good" | "bad" | "warn";
const TONES: Record<Tone, string> = {
  neutral: "bg-tint text-dim",
  info: "bg-link-tint text-link",
  good: "bg-good-tint text-good",
  bad: "bg-bad-tint text-bad",
  warn: "bg-warn-tint text-warn",
};

export function Tag({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}

export function Notice({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={`rounded-xl px-4 py-3 text-sm ${TONES[tone]} ${tone === "neutral" ? "text-ink" : ""}`}
    >
      {tone === "bad" && typeof children === "string" ? <Said text={children} /> : children}
    </div>
  );
}

/** What a view shows when there is nothing yet, and what to do about it. */
export function Empty({ title, children, action }: { title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="rounded-2xl border border-dashed bg-card px-6 py-12 text-center">
      <h2 className="text-lg font-semibold">{title}</h2>
      {children !== undefined && <div className="mx-auto mt-1 max-w-prose text-sm text-dim">{children}</div>}
      {action !== undefined && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** What is not needed at first, behind a button. */
export function Disclosure({ label, beside, children }: { label: ReactNode; beside?: ReactNode; children: ReactNode }) {
  return (
    <details className="group">
      <summary className="flex list-none flex-wrap items-center gap-x-4 gap-y-2 [&::-webkit-details-marker]:hidden">
        <span className="inline-flex min-h-10 items-center rounded-lg border bg-card px-3.5 text-sm font-semibold group-open:bg-tint hover:bg-tint">
          {label}
        </span>
        {beside}
      </summary>
      <div className="mt-3">{children}</div>
    </details>
  );
}

/** Stands where content is about to be, of the same size. */
export function Skeleton({ className = "h-4" }: { className?: string }) {
  return <div aria-hidden="true" className={`animate-pulse rounded-lg bg-tint ${className}`} />;
}

/** Stands where content of an unknown size is about to be. What comes after it is not shown before, so that nothing moves. */
export function Loading({ rows = 4 }: { rows?: number }) {
  const { t } = useLingui();
  const isOverView = useContext(OverView);
  return (
    <div
      ref={isOverView ? undefined : countIn}
      role="status"
      aria-label={t`Loading`}
      data-loading={isOverView ? undefined : ""}
      className="space-y-3"
    >
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-16" />
      ))}
    </div>
  );
}

/** Chromium can miss that `:has` no longer holds, but not that an attribute has changed. */
function countIn(loading: HTMLElement | null): (() => void) | undefined {
  const main = loading?.closest("main");
  if (!main) return undefined;
  const count = (by: number) => {
    const loads = Number(main.dataset.loads ?? 0) + by;
    if (loads > 0) main.dataset.loads = String(loads);
    else delete main.dataset.loads;
  };
  count(1);
  return () => count(-1);
}

/** What loads in a dialog moves nothing of the view. */
const OverView = createContext(false);

/** A dialog over the view. The browser keeps the focus in it and closes it with Escape. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  isWide = false,
}: {
  title: ReactNode;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  isWide?: boolean;
}) {
  const { t } = useLingui();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) element.current?.showModal();
    else element.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={element}
      onClose={onClose}
      aria-labelledby="dialog-title"
      className={`m-auto max-h-[90dvh] w-[calc(100%-2rem)] overflow-y-auto rounded-2xl border bg-card p-5 text-ink shadow-xl ${isWide ? "max-w-3xl" : "max-w-lg"}`}
    >
      {isOpen && (
        <>
          <div className="mb-4 flex items-start justify-between gap-3">
            <h2 id="dialog-title" className="text-lg font-semibold">
              {title}
            </h2>
            <Button kind="quiet" className="-m-2 px-2" aria-label={t`Close`} onClick={onClose}>
              <CloseIcon />
            </Button>
          </div>
          <OverView value={true}>{children}</OverView>
        </>
      )}
    </dialog>
  );
}
