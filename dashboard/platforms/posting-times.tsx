import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { platformSetsGetPostingTimes, platformSetsSetPostingTimes } from "../../contract/operations/platform-sets.ts";
import type { PostingTimesAnswer } from "../../contract/posting-times.ts";
import { WEEKDAYS, type Weekday } from "../../model/posting-times.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Loading, Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";

/** The weekly times at which a set's posts are scheduled if they take the next one that is free. */
export function PostingTimes(props: { platformSetId: string; timeZone: string; onDone: () => void }) {
  const { data, error, refetch } = useRead(platformSetsGetPostingTimes, { params: { id: props.platformSetId } });
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  return data === undefined ? <Loading rows={3} /> : <TimesForm {...props} saved={data.postingTimes} />;
}

function TimesForm({
  platformSetId,
  timeZone,
  onDone,
  saved,
}: {
  platformSetId: string;
  timeZone: string;
  onDone: () => void;
  saved: PostingTimesAnswer;
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const save = useWrite(platformSetsSetPostingTimes);
  const hasTimes = Object.values(saved.times).some((times) => times.length > 0);
  const [zone, setZone] = useState(hasTimes ? saved.timeZone : timeZone);
  const [times, setTimes] = useState<Partial<Record<Weekday, string>>>(() =>
    Object.fromEntries(WEEKDAYS.map((day) => [day, (saved.times[day] ?? []).join(", ")])),
  );
  const days = useDayNames();
  const elsewhere = errorElsewhere(save.error, ["/timeZone", "/times"]);
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        const body = {
          timeZone: zone.trim(),
          times: Object.fromEntries(WEEKDAYS.map((day) => [day, read(times[day])])),
        };
        save.mutate(
          { params: { id: platformSetId }, body },
          {
            onSuccess: () => {
              toasts.say(t`The posting times have been saved. Scheduled posts keep their times.`);
              onDone();
            },
          },
        );
      }}
    >
      <p className="text-sm text-dim">
        <Trans>
          A post can take the next of these times that is free. Separate several times of a day with commas, such as
          09:30, 17:00.
        </Trans>
        {saved.nextFreeAt !== null && (
          <>
            {" "}
            <Trans>
              Next free: <Time at={saved.nextFreeAt} withZone />.
            </Trans>
          </>
        )}
      </p>
      {elsewhere !== undefined && <Notice tone="bad">{elsewhere}</Notice>}
      <TextField
        label={t`Time zone`}
        value={zone}
        list="time-zones"
        autoComplete="off"
        onChange={({ target }) => setZone(target.value)}
        error={errorAt(save.error, "/timeZone")}
      />
      <datalist id="time-zones">
        {Intl.supportedValuesOf("timeZone").map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className="grid gap-3 sm:grid-cols-2">
        {WEEKDAYS.map((day) => (
          <TextField
            key={day}
            label={days[day]}
            value={times[day] ?? ""}
            autoComplete="off"
            onChange={({ target }) => setTimes({ ...times, [day]: target.value })}
            error={errorAt(save.error, `/times/${day}`)}
          />
        ))}
      </div>
      <Button type="submit" kind="main" isBusy={save.isPending}>
        {t`Save posting times`}
      </Button>
    </form>
  );
}

/** Times as people write them: "9:30, 17:00". */
function read(entered = ""): string[] {
  return entered
    .split(/[\s,;]+/)
    .filter((time) => time !== "")
    .map((time) => time.replace(/^\d:/, "0$&"));
}

function useDayNames(): Record<Weekday, string> {
  const { t } = useLingui();
  return {
    monday: t`Monday`,
    tuesday: t`Tuesday`,
    wednesday: t`Wednesday`,
    thursday: t`Thursday`,
    friday: t`Friday`,
    saturday: t`Saturday`,
    sunday: t`Sunday`,
  };
}
