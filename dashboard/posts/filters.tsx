import { useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";

import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { POST_STATUSES } from "../../model/status.ts";
import { useRead } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Button, DayField, Select } from "../ui/controls.tsx";
import { SearchField } from "../ui/search-field.tsx";
import type { PostFilter } from "./post-filter.ts";
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
  return (
    <form
      role="search"
      className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6"
      onSubmit={(event) => event.preventDefault()}
    >
      <div className="col-span-2">
        <SearchField
          search={filter.search ?? ""}
          placeholder={t`Words in the text`}
          onSearch={(search) => set({ search })}
        />
      </div>
      <Select
        label={t`Status`}
        value={filter.status ?? ""}
        onChange={({ target }) => set({ status: POST_STATUSES.find((each) => each === target.value) })}
        options={[all, ...POST_STATUSES.map((status) => ({ value: status, name: names[status] }))]}
      />
      <Select
        label={t`Platform`}
        value={filter.platform ?? ""}
        onChange={({ target }) => set({ platform: start.platforms.find(({ name }) => name === target.value)?.name })}
        options={[all, ...start.platforms.map(({ name, label }) => ({ value: name, name: label }))]}
      />
      <DayField label={t`Scheduled from`} day={filter.from} onDay={(from) => set({ from })} />
      <DayField label={t`Scheduled until`} day={filter.to} onDay={(to) => set({ to })} />
      {(sets.length > 1 || filter.set !== undefined) && (
        <div className="col-span-2">
          <Select
            label={t`Platform set`}
            value={filter.set ?? ""}
            onChange={({ target: { value } }) => set({ set: value === "" ? undefined : value })}
            options={[all, ...sets.map(({ id, name }) => ({ value: id, name }))]}
          />
        </div>
      )}
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
