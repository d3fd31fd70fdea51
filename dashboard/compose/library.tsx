import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { mediaList } from "../../contract/operations/media.ts";
import type { MediaType } from "../../model/post.ts";
import { useRead } from "../api/use-api.ts";
import { durationInWords } from "../media/facts.ts";
import { MediaThumbnail } from "../media/thumbnail.tsx";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { SearchField } from "../ui/search-field.tsx";
import { Empty, Loading, Tag } from "../ui/surfaces.tsx";
import { type Item, itemOfStored } from "./draft.ts";

const PAGE = 24;

/** Stored files, newest first, to choose one. */
export function Library({ type, onChoose }: { type?: MediaType; onChoose: (item: Item) => void }) {
  const { t } = useLingui();
  const [offset, setOffset] = useState(0);
  const [search, setSearch] = useState<string>();
  const { data, error, refetch } = useRead(
    mediaList,
    { query: { limit: PAGE, offset, search, type } },
    { keepsPrevious: true },
  );
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={3} />;
  if (data.total === 0 && search === undefined)
    return (
      <Empty title={t`No media yet`}>
        {t`Files that you add to posts appear here. They are deleted 30 days after their posts are over, unless you keep them.`}
      </Empty>
    );
  return (
    <div className="space-y-3">
      <SearchField
        search={search ?? ""}
        placeholder={t`File name`}
        onSearch={(next) => {
          setSearch(next);
          setOffset(0);
        }}
      />
      {data.total === 0 && <p role="status" className="text-sm text-dim">{t`No files match`}</p>}
      <ul className="grid grid-cols-3 gap-2 sm:grid-cols-4">
        {data.media
          .filter(({ status }) => status === "ready")
          .map((media) => (
            <li key={media.id}>
              <button
                type="button"
                aria-label={t`Add ${media.filename}`}
                title={media.filename}
                className="relative block aspect-square w-full overflow-hidden rounded-lg bg-tint"
                onClick={() => onChoose(itemOfStored(media))}
              >
                <MediaThumbnail media={media} />
                {media.durationSeconds !== null && (
                  <span className="absolute start-1 bottom-1">
                    <Tag>{durationInWords(media.durationSeconds)}</Tag>
                  </span>
                )}
              </button>
            </li>
          ))}
      </ul>
      {data.total > PAGE && (
        <div className="flex justify-between gap-2">
          <Button disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - PAGE))}>{t`Newer`}</Button>
          <Button disabled={offset + PAGE >= data.total} onClick={() => setOffset(offset + PAGE)}>{t`Older`}</Button>
        </div>
      )}
    </div>
  );
}
