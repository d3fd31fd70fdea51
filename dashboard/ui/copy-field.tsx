import { useLingui } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";

import { Button, Field } from "./controls.tsx";

/** A value to take elsewhere: readable, selectable, copied with a button. */
export function CopyField({ label, value, hint }: { label: string; value: string; hint?: ReactNode }) {
  const { t } = useLingui();
  const [isCopied, setIsCopied] = useState(false);
  return (
    <Field label={label} hint={hint}>
      {({ "aria-invalid": _, ...control }) => (
        <div className="flex gap-2">
          <input
            {...control}
            readOnly
            value={value}
            onFocus={({ target }) => target.select()}
            className="h-10 w-full min-w-0 rounded-lg border border-dim/60 bg-tint px-3 font-mono text-sm text-ink"
          />
          {/* Over http, browsers let no page copy, except on the machine that serves it. */}
          {window.isSecureContext && (
            <Button
              aria-label={t`Copy ${label}`}
              onClick={() => void navigator.clipboard.writeText(value).then(() => setIsCopied(true))}
            >
              {isCopied ? t`Copied` : t`Copy`}
            </Button>
          )}
        </div>
      )}
    </Field>
  );
}
