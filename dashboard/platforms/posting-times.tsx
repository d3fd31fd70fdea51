import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import type { Account } from "../../contract/operations/accounts.ts";
import {
  type AccountPostingTimesAnswer,
  accountsGetPostingTimes,
  accountsSetPostingTimes,
  platformSetsGetPostingTimes,
  platformSetsSetPostingTimes,
  type PostingTimesAnswer,
} from "../../contract/operations/posting-times.ts";
import { type PostingTimes, WEEKDAYS, type Weekday } from "../../model/posting-times.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { readNow, useRead, useWrite } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Loading, Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";

/** The weekly times at which a set's posts are scheduled if they take the next one that is free. */
export function SetPostingTimes({ id, onDone }: { id: string; onDone: () => void }) {
  const read = useRead(platformSetsGetPostingTimes, { params: { id } });
  const data = readNow(read);
  if (read.error !== null) return <Failure error={read.error} onRetry={() => void read.refetch()} />;
  return data === undefined ? <Loading rows={3} /> : <SetForm id={id} saved={data.postingTimes} onDone={onDone} />;
}

function SetForm({ id, saved, onDone }: { id: string; saved: PostingTimesAnswer; onDone: () => void }) {
  const save = useWrite(platformSetsSetPostingTimes, ["/api/v1/accounts"]);
  const entered = useEntered(saved);
  return (
    <Form
      error={save.error}
      at=""
      isBusy={save.isPending}
      onDone={onDone}
      onSave={(onSuccess) => save.mutate({ params: { id }, body: entered.read() }, { onSuccess })}
    >
      <TimesFields saved={saved} entered={entered} error={save.error} at="" />
    </Form>
  );
}

/** The same for an account, which has times of its own or follows its set. */
export function AccountPostingTimes({ account: { id }, onDone }: { account: Account; onDone: () => void }) {
  const read = useRead(accountsGetPostingTimes, { params: { id } });
  const data = readNow(read);
  if (read.error !== null) return <Failure error={read.error} onRetry={() => void read.refetch()} />;
  return data === undefined ? <Loading rows={3} /> : <AccountForm id={id} saved={data.postingTimes} onDone={onDone} />;
}

function AccountForm({ id, saved, onDone }: { id: string; saved: AccountPostingTimesAnswer; onDone: () => void }) {
  const { t } = useLingui();
  const save = useWrite(accountsSetPostingTimes);
  const entered = useEntered(saved);
  const [isOwn, setOwn] = useState(saved.isOwn);
  const [isEmpty, setEmpty] = useState(false);
  const option = (own: boolean, name: string) => (
    <label className="flex items-center gap-2.5 py-1.5 text-sm">
      <input
        type="radio"
        name="times"
        className="size-5 accent-(--link)"
        checked={isOwn === own}
        onChange={() => setOwn(own)}
      />
      {name}
    </label>
  );
  return (
    <Form
      error={save.error}
      at="/postingTimes"
      isBusy={save.isPending}
      onDone={onDone}
      onSave={(onSuccess) => {
        const own = isOwn ? entered.read() : null;
        const hasNone = own !== null && Object.values(own.times).every((times) => times.length === 0);
        setEmpty(hasNone);
        if (!hasNone) save.mutate({ params: { id }, body: { postingTimes: own } }, { onSuccess });
      }}
    >
      <fieldset>
        <legend className="sr-only">{t`Posting times`}</legend>
        {option(false, t`Follows the set`)}
        {option(true, t`Own times`)}
      </fieldset>
      {isOwn && (
        <>
          {isEmpty && <Notice tone="bad">{t`Enter at least one time, or choose “Follows the set”.`}</Notice>}
          <TimesFields saved={saved} entered={entered} error={save.error} at="/postingTimes" />
        </>
      )}
    </Form>
  );
}

interface Refused {
  error: AmpostError | null;
  /** Where the times are in the request's body. */
  at: string;
}

function Form({
  error,
  at,
  isBusy,
  onSave,
  onDone,
  children,
}: Refused & {
  isBusy: boolean;
  onSave: (onSuccess: () => void) => void;
  onDone: () => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const elsewhere = errorElsewhere(error, [`${at}/timeZone`, `${at}/times`]);
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(() => {
          toasts.say(t`The posting times have been saved. Scheduled posts keep their times.`);
          onDone();
        });
      }}
    >
      {elsewhere !== undefined && <Notice tone="bad">{elsewhere}</Notice>}
      {children}
      <Button type="submit" kind="main" isBusy={isBusy}>
        {t`Save posting times`}
      </Button>
    </form>
  );
}

type Entered = ReturnType<typeof useEntered>;

/** What is in the fields: at first what is saved, in the user's time zone if that is nothing. */
function useEntered(saved: PostingTimesAnswer) {
  const hasTimes = Object.keys(saved.times).length > 0;
  const [zone, setZone] = useState(hasTimes ? saved.timeZone : start.user.timeZone);
  const [times, setTimes] = useState<Partial<Record<Weekday, string>>>(() =>
    Object.fromEntries(WEEKDAYS.map((day) => [day, (saved.times[day] ?? []).join(", ")])),
  );
  const read = (): PostingTimes & { times: Partial<Record<Weekday, string[]>> } => ({
    timeZone: zone.trim(),
    times: Object.fromEntries(WEEKDAYS.map((day) => [day, readTimes(times[day])])),
  });
  return { zone, setZone, times, setTimes, read };
}

function TimesFields({ saved, entered, error, at }: Refused & { saved: PostingTimesAnswer; entered: Entered }) {
  const { t } = useLingui();
  const days = useDayNames();
  const { zone, setZone, times, setTimes } = entered;
  return (
    <>
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
      <TextField
        label={t`Time zone`}
        value={zone}
        list="time-zones"
        autoComplete="off"
        onChange={({ target }) => setZone(target.value)}
        error={errorAt(error, `${at}/timeZone`)}
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
            error={errorAt(error, `${at}/times/${day}`)}
          />
        ))}
      </div>
    </>
  );
}

/** Times as people write them: "9:30, 17:00". */
function readTimes(entered = ""): string[] {
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
