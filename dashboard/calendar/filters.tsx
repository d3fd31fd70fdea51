import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { useRead } from "../api/use-api.ts";
import { SHOWN_STATUSES } from "../posts/shown-status.ts";
import { useStatusNames } from "../posts/status.tsx";
import { start } from "../start.ts";
import { Select } from "../ui/controls.tsx";
import { Disclosure } from "../ui/surfaces.tsx";
import type { CalendarSearch } from "./calendar-search.ts";

const ZONES = Intl.supportedValuesOf("timeZone");

export function Filters({
  search,
  zone,
  onChange,
  children,
}: {
  search: CalendarSearch;
  zone: string;
  onChange: (change: CalendarSearch) => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const names = useStatusNames();
  const sets = useRead(platformSetsList).data?.sets ?? [];
  const all = { value: "", name: t`All` };
  const zones = [...new Set([start.user.timeZone, zone, ...ZONES])].toSorted();
  const count = [search.platform, search.status, search.set].filter((each) => each !== undefined).length;
  const fields = (
    <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
      <Select
        label={t`Platform`}
        value={search.platform ?? ""}
        onChange={({ target }) =>
          onChange({ platform: start.platforms.find(({ name }) => name === target.value)?.name })
        }
        options={[all, ...start.platforms.map(({ name, label }) => ({ value: name, name: label }))]}
      />
      <Select
        label={t`Platform set`}
        value={search.set ?? ""}
        onChange={({ target }) => onChange({ set: sets.find(({ id }) => id === target.value)?.id })}
        options={[all, ...sets.map(({ id, name }) => ({ value: id, name }))]}
      />
      <Select
        label={t`Status`}
        value={search.status ?? ""}
        onChange={({ target }) => onChange({ status: SHOWN_STATUSES.find((each) => each === target.value) })}
        options={[all, ...SHOWN_STATUSES.map((status) => ({ value: status, name: names[status] }))]}
      />
      <Select
        label={t`Time zone`}
        value={zone}
        onChange={({ target }) => onChange({ zone: target.value === start.user.timeZone ? undefined : target.value })}
        options={zones.map((each) => ({ value: each, name: each.replaceAll("_", " ") }))}
      />
    </div>
  );
  return (
    <Disclosure label={count === 0 ? t`Filters and time zone` : t`Filters and time zone (${count})`} beside={children}>
      {fields}
    </Disclosure>
  );
}
