import { useLingui } from "@lingui/react/macro";

import { readLocalTime } from "../../model/time-zones.ts";
import { Button, type FieldProps, Select, TextField } from "./controls.tsx";
import type { LocalTime } from "./local-time.ts";

/** A date and a time on the clocks of a time zone. When they change, it asks which of two is meant, or says that there is none. */
export function LocalTimeField({
  time: { local, at },
  timeZone,
  saysSkipped = true,
  onChange,
  ...field
}: {
  label: string;
  hint?: string;
  error?: FieldProps["error"];
  required?: boolean;
  time: LocalTime;
  timeZone: string;
  /** Not needed where the API's issues are shown anyway. */
  saysSkipped?: boolean;
  onChange: (time: LocalTime) => void;
}) {
  const { t, i18n } = useLingui();
  const read = local === "" ? null : readLocalTime(local, timeZone);
  const first = read?.instant;
  const again = read?.again;
  const named = (date: Date) =>
    i18n.date(date, { hour: "numeric", minute: "2-digit", timeZone, timeZoneName: "short" });
  return (
    <div className="space-y-3">
      <TextField
        {...field}
        type="datetime-local"
        max="9999-12-31T23:59"
        value={local}
        onChange={({ target }) => onChange({ local: target.value, at: null })}
      />
      {first && again && (
        <Select
          label={t`The clocks show this time twice`}
          value={(at !== null && Date.parse(at) >= again.getTime() ? again : first).toISOString()}
          onChange={({ target }) => onChange({ local, at: target.value })}
          options={[
            { value: first.toISOString(), name: t`The first: ${named(first)}` },
            { value: again.toISOString(), name: t`The second: ${named(again)}` },
          ]}
        />
      )}
      {saysSkipped && read?.instead !== undefined && (
        <div role="status" className="flex flex-wrap items-center gap-2 text-sm text-warn">
          {t`The clocks skip this time on that day.`}
          <Button onClick={() => onChange({ local: read.instead.slice(0, 16), at: null })}>
            {t`Use ${read.instead.slice(11, 16)}`}
          </Button>
        </div>
      )}
    </div>
  );
}
