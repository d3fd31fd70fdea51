import { useLingui } from "@lingui/react/macro";
import { memo, Suspense, useContext } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import { start } from "../start.ts";
import { Select } from "../ui/controls.tsx";
import { later } from "../ui/later.ts";
import { LocalTimeField } from "../ui/local-time-field.tsx";
import { Card } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { FindingsContext, useComposer } from "./context.ts";
import type { PartsOfSaving } from "./different-times.tsx";
import type { When } from "./draft.ts";
import { FieldIssues, Issues, WithIssues } from "./findings.tsx";
import { useNextTime } from "./next-time.ts";

const DifferentTimes = later(async () => (await import("./different-times.tsx")).DifferentTimes);
const ZONES = Intl.supportedValuesOf("timeZone");

/** When the post is published. The time is local to a time zone, and the instant that it means is shown. */
export const WhenCard = memo(function WhenCard({
  when,
  platformSetId,
  platforms,
  ...saving
}: { when: When; platformSetId: string; platforms: readonly PlatformName[] } & PartsOfSaving) {
  const { t } = useLingui();
  const { change } = useComposer();
  const next = useNextTime(platformSetId, platforms);
  const isNext = when.kind === "next";
  const set = (edit: Partial<When>) => change((draft) => ({ ...draft, when: { ...draft.when, ...edit } }));
  const option = (kind: When["kind"], name: string, isOff = false) => (
    <label className={`flex items-center gap-2.5 py-1.5 text-sm ${isOff ? "text-dim" : ""}`}>
      <input
        type="radio"
        name="when"
        className="size-5 accent-(--link)"
        checked={when.kind === kind}
        disabled={isOff}
        onChange={() => set({ kind })}
      />
      {name}
    </label>
  );
  return (
    <Card title={t`When`}>
      <fieldset>
        <legend className="sr-only">{t`When`}</legend>
        {option("draft", t`Later: keep it as a draft`)}
        {option("at", t`At a time`)}
        {when.kind === "at" && (
          <div className="ms-7 space-y-3 pb-2">
            <WithIssues at="/scheduledFor">
              <LocalTimeField
                label={t`Date and time`}
                time={when}
                timeZone={when.timeZone}
                saysSkipped={false}
                onChange={set}
              />
            </WithIssues>
            <Select
              label={t`Time zone`}
              value={when.timeZone}
              onChange={({ target }) => set({ timeZone: target.value, at: null })}
              options={[...new Set([start.user.timeZone, when.timeZone, ...ZONES])].map((zone) => ({
                value: zone,
                name: zone.replaceAll("_", " "),
              }))}
            />
            <Instant when={when} />
          </div>
        )}
        {option("next", t`At the next posting time`, next.at === null && !next.isDifferent && !isNext)}
        <p className="ms-7 text-sm text-dim">
          {next.at !== null ? (
            <Time at={next.at} withZone />
          ) : next.isDifferent ? (
            t`These accounts have no posting time in common.`
          ) : (
            t`There is no free posting time.`
          )}
        </p>
        {isNext && (
          <Suspense>
            <DifferentTimes platforms={platforms} commonAt={next.at} when={when} {...saving} />
          </Suspense>
        )}
      </fieldset>
      <div className="mt-2">
        {when.kind !== "at" && <FieldIssues at="/scheduledFor" />}
        {isNext && <NextTimeIssues />}
      </div>
    </Card>
  );
});

/** That the accounts have nothing in common is said above, with what to do. */
function NextTimeIssues() {
  const findings = useContext(FindingsContext).filter(
    ({ path, rule }) => path === "/nextPostingTime" && rule !== "nextPostingTime.differ",
  );
  return <Issues findings={findings} />;
}

/** The same moment in the user's own time zone and in UTC. */
function Instant({ when: { local, timeZone, at: known } }: { when: When }) {
  const { t } = useLingui();
  const at = known ?? (local === "" ? null : readLocalTime(local, timeZone).instant?.toISOString());
  if (!at) return null;
  return (
    <p className="text-sm text-dim" role="status">
      <Time at={at} withZone /> · {t`${at.slice(0, 16).replace("T", " ")} UTC`}
    </p>
  );
}
