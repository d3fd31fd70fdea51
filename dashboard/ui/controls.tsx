import type {
  AnchorHTMLAttributes,
  ButtonHTMLAttributes,
  InputHTMLAttributes,
  ReactNode,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from "react";
import { createContext, useContext, useId } from "react";

import type { FieldError } from "../api/field-errors.ts";
import { Said } from "../words/use-words.tsx";

const BUTTON =
  "inline-flex min-h-10 items-center justify-center gap-2 rounded-lg border px-3.5 text-sm font-semibold whitespace-nowrap no-underline transition-colors disabled:opacity-50";
const KINDS = {
  main: "border-brand bg-brand text-on-brand hover:opacity-90",
  plain: "bg-card text-ink hover:bg-tint",
  quiet: "border-transparent bg-transparent text-ink hover:bg-tint",
  danger: "bg-card text-bad hover:border-bad hover:bg-bad-tint",
  // What a person is asked about.
  final: "border-bad bg-bad text-card hover:opacity-90",
} as const;

export type ButtonKind = keyof typeof KINDS;

/** The classes of a button, for links that look like one. */
export function buttonClass(kind: ButtonKind = "plain", more = ""): string {
  return `${BUTTON} ${KINDS[kind]} ${more}`;
}

export function Button({
  kind = "plain",
  isBusy = false,
  className = "",
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { kind?: ButtonKind; isBusy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || isBusy}
      aria-busy={isBusy}
      className={buttonClass(kind, className)}
    />
  );
}

/** A link to another site, or to a server page. */
export function OutLink({ className = "", ...rest }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  return <a rel="noreferrer" {...rest} className={`text-link underline underline-offset-2 ${className}`} />;
}

export interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode | FieldError;
}

const INPUT =
  "w-full rounded-lg border border-dim/60 bg-card px-3 text-base text-ink sm:text-sm aria-invalid:border-2 aria-invalid:border-bad";

/** What stands elsewhere about the fields inside: the ID of what describes them, and whether it says that they are wrong. */
export const FieldContext = createContext<{ describedBy: string | undefined; isInvalid: boolean }>({
  describedBy: undefined,
  isInvalid: false,
});

/** A label, the control it is about, and what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  children,
}: FieldProps & {
  children: (control: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean }) => ReactNode;
}) {
  const said = typeof error === "function" ? error(typeof label === "string" ? label : "") : error;
  const id = useId();
  const { describedBy, isInvalid } = useContext(FieldContext);
  const hasHint = hint !== undefined && hint !== null;
  const hasError = said !== undefined && said !== null;
  const described = [hasHint && `${id}-hint`, hasError && `${id}-error`, describedBy].filter(Boolean).join(" ");
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block text-sm font-semibold">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": described === "" ? undefined : described,
        "aria-invalid": hasError || isInvalid,
      })}
      {hasHint && (
        <p id={`${id}-hint`} className="text-sm text-dim">
          {hint}
        </p>
      )}
      {hasError && (
        <p id={`${id}-error`} className="text-sm font-semibold text-bad">
          {typeof said === "string" ? <Said text={said} /> : said}
        </p>
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  error,
  className = "",
  ...rest
}: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input type="text" {...rest} {...control} className={`${INPUT} h-10 ${className}`} />}
    </Field>
  );
}

/** A day such as "2026-12-01", or none. */
export function DayField({
  label,
  day,
  onDay,
}: {
  label: string;
  day: string | undefined;
  onDay: (day: string | undefined) => void;
}) {
  return (
    <TextField
      label={label}
      type="date"
      value={day ?? ""}
      onChange={({ target: { value } }) => onDay(value === "" ? undefined : value)}
    />
  );
}

export function TextArea({
  label,
  hint,
  error,
  className = "",
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <textarea rows={4} {...rest} {...control} className={`${INPUT} py-2 ${className}`} />}
    </Field>
  );
}

export function Select({
  label,
  hint,
  error,
  options,
  className = "",
  ...rest
}: FieldProps &
  SelectHTMLAttributes<HTMLSelectElement> & {
    options: readonly { value: string; name: string; disabled?: boolean }[];
  }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select {...rest} {...control} className={`${INPUT} h-10 ${className}`}>
          {options.map(({ value, name, disabled }) => (
            <option key={value} value={value} disabled={disabled}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Checkbox({
  label,
  hint,
  ...rest
}: { label: ReactNode; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const { describedBy, isInvalid } = useContext(FieldContext);
  return (
    <div className="flex items-start gap-2.5 py-1">
      <input
        type="checkbox"
        id={id}
        aria-describedby={describedBy}
        aria-invalid={isInvalid}
        {...rest}
        className="mt-0.5 size-5 shrink-0 accent-(--link)"
      />
      <label htmlFor={id} className="text-sm">
        {label}
        {hint !== undefined && <span className="block text-dim">{hint}</span>}
      </label>
    </div>
  );
}
