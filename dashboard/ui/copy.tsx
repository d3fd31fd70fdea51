import { useLingui } from "@lingui/react/macro";
import { useRef, useState } from "react";

import { Button } from "./controls.tsx";
import { useToasts } from "./toasts.tsx";

/** A text in full, to be copied with one press. */
export function Copyable({ label, text, className = "" }: { label: string; text: string; className?: string }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const [isDone, setIsDone] = useState(false);
  const shown = useRef<HTMLPreElement>(null);
  const copy = async () => {
    // Only pages of https and of this machine can write to the clipboard.
    const isCopied = await Promise.resolve(window.isSecureContext && navigator.clipboard.writeText(text)).then(
      (done) => done !== false,
      () => false,
    );
    setIsDone(isCopied);
    if (isCopied) return;
    if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
    toasts.say(t`The text is selected: copy it with your keyboard or the menu.`);
  };
  return (
    <div dir="ltr" className={`relative rounded-lg border bg-tint ${className}`}>
      <pre
        ref={shown}
        tabIndex={0}
        role="region"
        aria-label={label}
        className="max-h-80 min-h-11 overflow-auto p-3 pe-20 font-mono text-xs leading-5 whitespace-pre-wrap"
      >
        {text}
      </pre>
      <Button
        className="absolute end-1.5 top-1.5 min-h-8! px-2.5! text-xs"
        aria-label={isDone ? t`Copied: ${label}` : t`Copy: ${label}`}
        onClick={() => void copy()}
      >
        {isDone ? t`Copied` : t`Copy`}
      </Button>
    </div>
  );
}
