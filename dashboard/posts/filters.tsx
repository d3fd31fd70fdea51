import { useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";

import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { useRead } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Button, DayField, Select } from "../ui/controls.tsx";
import { useIsNarrow } from "../ui/narrow.ts";
import { SearchField } from "../ui/search-field.tsx";
import { Disclosure } from "../ui/surfaces.tsx";
import type { PostFilter } from "./post-filter.ts";
import { SHOWN_STATUSES } from "./shown-status.ts";
import { useStatusNames } from "./status.tsx";

/** The filters are in the address, so that a list can be kept as a bookmark and sent to others. */
export function Filters({ filter }: { filter: PostFilter }) {
  const { t } = useLingui();
  const names = useStatusNames();
  const navigate = useNavigate();
  const sets = useRead(platformSetsList).data?.sets ?? [];
  const set = (change: PostFilter) =>
    void navigate({ to: "/posts", search: ({ mode }) => ({ mode, ...filter, ...change }), replace: true });
  const all = { value: "", name: t`All` };
  const isNarrow = useIsNarrow();
  const hasSets = sets.length > 1 || filter.set !== undefined;
  const { search, ...others } = filter;
  const count = Object.values(others).filter((each) => each !== undefined).length;
  const fields = (
    <div className={`grid grid-cols-2 gap-3 ${hasSets ? "md:grid-cols-3 lg:grid-cols-5" : "md:grid-cols-4"}`}>
      <Select
        label={t`Status`}
        value={filter.status ?? ""}
        onChange={({ target }) => set({ status: SHOWN_STATUSES.find((each) => each === target.value) })}
        options={[all, ...SHOWN_STATUSES.map((status) => ({ value: status, name: names[status] }))]}
      />
      <Select
        label={t`Platform`}
        value={filter.platform ?? ""}
        onChange={({ target }) => set({ platform: start.platforms.find(({ name }) => name === target.value)?.name })}
        options={[all, ...start.platforms.map(({ name, label }) => ({ value: name, name: label }))]}
      />
      {hasSets && (
        <div className="max-md:col-span-2">
          <Select
            label={t`Platform set`}
            value={filter.set ?? ""}
            onChange={({ target: { value } }) => set({ set: value === "" ? undefined : value })}
            options={[all, ...sets.map(({ id, name }) => ({ value: id, name }))]}
          />
        </div>
      )}
      <DayField label={t`Scheduled from`} day={filter.from} onDay={(from) => set({ from })} />
      <DayField label={t`Scheduled until`} day={filter.to} onDay={(to) => set({ to })} />
    </div>
  );
  return (
    <form role="search" className="space-y-3" onSubmit={(event) => event.preventDefault()}>
      <SearchField
        search={search ?? ""}
        placeholder={t`Words in the text`}
        onSearch={(next) => set({ search: next })}
      />
      {isNarrow ? <Disclosure label={count === 0 ? t`Filters` : t`Filters (${count})`}>{fields}</Disclosure> : fields}
    </form>
  );
}

export function ClearFilters() {
  const { t } = useLingui();
  const navigate = useNavigate();
  return (
    <Button
      onClick={() => void navigate({ to: "/posts", search: ({ mode }) => ({ mode }) })}
    >{t`Clear filters`}</Button>
  );
}
