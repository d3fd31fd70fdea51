import { useLingui } from "@lingui/react/macro";
import { memo } from "react";

import { platformSetsGetPostingTimes } from "../../contract/operations/platform-sets.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import { useRead } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Select, TextField } from "../ui/controls.tsx";
import { Card } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useComposer } from "./context.ts";
import type { When } from "./draft.ts";
import { FieldIssues } from "./findings.tsx";

const ZONES = Intl.supportedValuesOf("timeZone");

/** When the post is published. The time is local to a time zone, and the instant that it means is shown. */
export const WhenCard = memo(function WhenCard({ when, platformSetId }: { when: When; platformSetId: string }) {
  const { t } = useLingui();
  const { change } = useComposer();
  const { data } = useRead(platformSetsGetPostingTimes, { params: { id: platformSetId } });
  const next = data?.postingTimes.nextFreeAt ?? null;
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
            <TextField
              type="datetime-local"
              label={t`Date and time`}
              value={when.local}
              onChange={({ target }) => set({ local: target.value })}
            />
            <Select
              label={t`Time zone`}
              value={when.timeZone}
              onChange={({ target }) => set({ timeZone: target.value })}
              options={[...new Set([start.user.timeZone, when.timeZone, ...ZONES])].map((zone) => ({
                value: zone,
                name: zone.replaceAll("_", " "),
              }))}
            />
            <Instant when={when} />
          </div>
        )}
        {option("next", t`At the next posting time`, next === null && when.kind !== "next")}
        {next === null ? (
          <p className="ms-7 text-sm text-dim">{t`This set has no free posting time.`}</p>
        ) : (
          <p className="ms-7 text-sm text-dim">
            <Time at={next} withZone />
          </p>
        )}
      </fieldset>
      <div className="mt-2">
        <FieldIssues at="/scheduledFor" />
      </div>
    </Card>
  );
});

/** The same moment in the user's own time zone and in UTC. */
function Instant({ when: { local, timeZone } }: { when: When }) {
  const { t } = useLingui();
  const instant = local === "" ? null : readLocalTime(local, timeZone).instant;
  if (instant === null) return null;
  const at = instant.toISOString();
  return (
    <p className="text-sm text-dim" role="status">
      <Time at={at} withZone /> · {t`${at.slice(0, 16).replace("T", " ")} UTC`}
    </p>
  );
}
