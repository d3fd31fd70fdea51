import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { mediaList } from "../../contract/operations/media.ts";
import { MEDIA_TYPES } from "../../model/post.ts";
import { PAGE, pagesOf, usePages } from "../api/use-pages.ts";
import { useMode } from "../shell/mode.ts";
import { may } from "../shell/workspace.ts";
import { Button, Select } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { Empty, Loading, View } from "../ui/surfaces.tsx";
import { AddMedia, Arriving, useArrivals } from "./add-media.tsx";
import { MediaDetails } from "./media-details.tsx";
import type { MediaFilter } from "./media-filter.ts";
import { MediaGrid } from "./media-grid.tsx";

/** How often it is read again while it is shown: files that are fetched from a URL appear by themselves. */
const FRESH_MILLISECONDS = 5_000;

/** All stored files, filtered by what the address says. */
export function MediaLibrary() {
  const { t } = useLingui();
  const mode = useMode();
  const navigate = useNavigate();
  const { mode: _, workspace: _workspace, open, ...filter } = useSearch({ from: "/media" });
  const arrivals = useArrivals();
  const set = (change: MediaFilter) =>
    void navigate({
      to: "/media",
      search: { mode, ...filter, ...change },
      replace: true,
      resetScroll: false,
    });
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <View title={t`Media`} isWide actions={may("media_create") && <AddMedia arrivals={arrivals} />}>
      <Filters filter={filter} onChange={set} />
      <Arriving arrivals={arrivals} />
      <Found
        key={JSON.stringify([mode, filter])}
        filter={filter}
        isFiltered={isFiltered}
        onClear={() => void navigate({ to: "/media", search: { mode }, replace: true })}
        onOpen={(id) => set({ open: id })}
      />
      <MediaDetails id={open} onClose={() => set({ open: undefined })} />
    </View>
  );
}

function Filters({ filter, onChange }: { filter: MediaFilter; onChange: (change: MediaFilter) => void }) {
  const { t } = useLingui();
  const all = { value: "", name: t`All` };
  return (
    <form role="search" className="grid grid-cols-2 gap-3 md:grid-cols-4" onSubmit={(event) => event.preventDefault()}>
      <div className="col-span-2">
        <SearchField
          search={filter.search ?? ""}
          placeholder={t`File name`}
          onSearch={(search) => onChange({ search })}
        />
      </div>
      <Select
        label={t`Type`}
        value={filter.type ?? ""}
        onChange={({ target }) => onChange({ type: MEDIA_TYPES.find((each) => each === target.value) })}
        options={[all, { value: "image", name: t`Images` }, { value: "video", name: t`Videos` }]}
      />
      <Select
        label={t`Use`}
        value={filter.use ?? ""}
        onChange={({ target: { value } }) =>
          onChange({ use: value === "used" || value === "unused" ? value : undefined })
        }
        options={[all, { value: "used", name: t`In posts` }, { value: "unused", name: t`Not in a post` }]}
      />
    </form>
  );
}

interface FoundProps {
  filter: MediaFilter;
  isFiltered: boolean;
  onClear: () => void;
  onOpen: (id: string) => void;
}

/** Only what is in the window is read and shown, however many files there are. */
function Found({ filter, isFiltered, onClear, onOpen }: FoundProps) {
  const { t } = useLingui();
  const [shown, setShown] = useState<readonly number[]>([0]);
  const pages = usePages(mediaList, (page) => ({ ...filter, ...page }), shown, FRESH_MILLISECONDS);
  const { error, data } = pages.get(0) ?? {};
  if (error !== undefined && error !== null && data === undefined)
    return <Failure error={error} onRetry={() => void pages.get(0)?.refetch()} />;
  if (data === undefined) return <Loading rows={5} />;
  const { total } = data;
  if (total === 0)
    return isFiltered ? (
      <Empty title={t`No files match`} action={<Button onClick={onClear}>{t`Clear filters`}</Button>}>
        <Trans>Change or clear the filters to see more.</Trans>
      </Empty>
    ) : (
      <Empty title={t`No media yet`}>
        {may("media_create") && (
          <Trans>Drop images and videos here, paste them, or add them with the button above.</Trans>
        )}
      </Empty>
    );
  return (
    <>
      <p className="text-sm text-dim" role="status">
        {t`${plural(total, { one: "# file", other: "# files" })}`}
      </p>
      <MediaGrid
        total={total}
        mediaAt={(index) => pages.get(Math.floor(index / PAGE))?.data?.media[index % PAGE]}
        onRange={(first, last) => {
          const wanted = pagesOf(first, Math.min(last, total - 1));
          setShown((before) => (before.join() === wanted.join() ? before : wanted));
        }}
        onOpen={onOpen}
      />
    </>
  );
}
