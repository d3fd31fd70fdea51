import { useLingui } from "@lingui/react/macro";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

import type { Media } from "../../contract/operations/media.ts";
import { Skeleton, Tag } from "../ui/surfaces.tsx";
import { durationInWords, sizeInWords } from "./facts.ts";
import { isKept } from "./keeping.ts";
import { MediaThumbnail } from "./thumbnail.tsx";

const GAP = 12;
const LEAST_TILE = 150;
const CAPTION = 52;

interface MediaGridProps {
  total: number;
  mediaAt: (index: number) => Media | undefined;
  onRange: (first: number, last: number) => void;
  onOpen: (id: string) => void;
}

/** Tiles of files, of which only those in the window are there. */
export function MediaGrid({ total, mediaAt, onRange, onOpen }: MediaGridProps) {
  const list = useRef<HTMLUListElement>(null);
  const [{ top, width }, setPlace] = useState({ top: 0, width: 0 });
  useLayoutEffect(() => {
    const measure = () => {
      const { current } = list;
      if (current === null) return;
      const next = { top: current.offsetTop, width: current.clientWidth };
      setPlace((before) => (before.top === next.top && before.width === next.width ? before : next));
    };
    measure();
    const watching = new ResizeObserver(measure);
    watching.observe(document.body);
    return () => watching.disconnect();
  }, []);
  const columns = Math.max(2, Math.floor((width + GAP) / (LEAST_TILE + GAP)));
  const tile = Math.max(1, (width - GAP * (columns - 1)) / columns);
  const rowHeight = Math.round(tile + CAPTION + GAP);
  const rows = useWindowVirtualizer({
    count: width === 0 ? 0 : Math.ceil(total / columns),
    estimateSize: () => rowHeight,
    overscan: 2,
    scrollMargin: top,
    onChange: ({ range }) =>
      range !== null && onRange(range.startIndex * columns, range.endIndex * columns + columns - 1),
  });
  useEffect(() => rows.measure(), [rows, rowHeight]);
  return (
    <ul ref={list} className="relative" style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().flatMap(({ index: row, start }) =>
        Array.from({ length: Math.min(columns, total - row * columns) }, (_, column) => {
          const index = row * columns + column;
          const media = mediaAt(index);
          return (
            <li
              // A file keeps its tile, and the focus, when others come before it.
              key={media?.id ?? index}
              aria-setsize={total}
              aria-posinset={index + 1}
              className="absolute"
              style={{
                top: start - top,
                insetInlineStart: column * (tile + GAP),
                width: tile,
                height: tile + CAPTION,
              }}
            >
              {media === undefined ? (
                <Skeleton className="size-full" />
              ) : (
                <Tile media={media} size={tile} onOpen={() => onOpen(media.id)} />
              )}
            </li>
          );
        }),
      )}
    </ul>
  );
}

function Tile({ media, size, onOpen }: { media: Media; size: number; onOpen: () => void }) {
  const { t, i18n } = useLingui();
  const { status, filename, sizeBytes, durationSeconds, width, height } = media;
  const kept = isKept(media);
  const facts = [
    ...(width === null || height === null ? [] : [`${width} × ${height}`]),
    ...(sizeBytes === null ? [] : [sizeInWords(i18n, sizeBytes)]),
  ];
  return (
    <button
      type="button"
      className="flex size-full flex-col overflow-hidden rounded-xl border bg-card text-start hover:border-dim"
      title={
        kept ? undefined : t`Deleted 7 days after it was added, or 30 days after its posts are published or cancelled.`
      }
      onClick={onOpen}
    >
      <span className="relative block w-full shrink-0 bg-tint" style={{ height: size }}>
        <MediaThumbnail media={media} />
        <span className="absolute start-2 bottom-2">
          {status === "pending" && <Tag tone="warn">{t`Being fetched`}</Tag>}
          {status === "failed" && <Tag tone="bad">{t`Failed`}</Tag>}
          {durationSeconds !== null && <Tag>{durationInWords(durationSeconds)}</Tag>}
        </span>
        {!kept && (
          <span className="absolute end-2 top-2">
            <Tag>{t`Not kept`}</Tag>
          </span>
        )}
      </span>
      <span className="block w-full px-2.5 pt-1.5">
        <bdi className="block truncate text-sm font-medium">{filename}</bdi>
        <span className="block truncate text-xs text-dim">{facts.join(" · ")}</span>
      </span>
    </button>
  );
}
