import { useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { mediaList } from "../../contract/operations/media.ts";
import { useRead } from "../api/use-api.ts";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Empty, Loading } from "../ui/surfaces.tsx";
import { type Item, itemOfStored } from "./draft.ts";
import { Thumbnail } from "./thumbnail.tsx";

const PAGE = 24;

/** Stored files, newest first, to choose one. */
export function Library({ onChoose }: { onChoose: (item: Item) => void }) {
  const { t } = useLingui();
  const [offset, setOffset] = useState(0);
  const { data, error, refetch } = useRead(mediaList, { query: { limit: PAGE, offset } }, { keepsPrevious: true });
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={3} />;
  if (data.total === 0) return <Empty title={t`No media yet`}>{t`Files that you add to posts are kept here.`}</Empty>;
  return (
    <div className="space-y-3">
      <ul className="grid grid-cols-3 gap-2 sm:grid-cols-4">
        {data.media
          .filter(({ status }) => status === "ready")
          .map((media) => {
            const item = itemOfStored(media);
            return (
              <li key={media.id}>
                <button
                  type="button"
                  aria-label={t`Add ${media.filename}`}
                  title={media.filename}
                  className="block aspect-square w-full overflow-hidden rounded-lg bg-tint"
                  onClick={() => onChoose(item)}
                >
                  <Thumbnail item={item} />
                </button>
              </li>
            );
          })}
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
