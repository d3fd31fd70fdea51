import { useLingui } from "@lingui/react/macro";
import { type PointerEvent, useContext, useState } from "react";

import { UploadProgress } from "../media/upload-progress.tsx";
import { type Progress, useProgress } from "../media/upload.ts";
import { Button } from "../ui/controls.tsx";
import { CloseIcon } from "../ui/icons.tsx";
import { DraftContext, useComposer } from "./context.ts";
import { Counters } from "./counters.tsx";
import { hasUpload, type Item, type Slot, withItem, withUpload } from "./draft.ts";
import { FieldIssues, WithIssues } from "./findings.tsx";
import { CropItem, ItemCover } from "./item-tools.tsx";
import { TextBox } from "./text-box.tsx";
import { Thumbnail } from "./thumbnail.tsx";
import { useCoverKey } from "./uploads.ts";

/** The files of a list, in their order. */
export function MediaItems({
  items,
  slot,
  pointer,
  onEdit,
}: {
  items: readonly Item[];
  slot: Slot;
  pointer: string;
  onEdit: (to: (items: readonly Item[]) => readonly Item[]) => void;
}) {
  const move = (key: string, place: number) =>
    onEdit((before) => {
      const from = before.findIndex((each) => each.key === key);
      const item = before[from];
      if (item === undefined || place < 0 || place >= before.length) return before;
      return before.toSpliced(from, 1).toSpliced(place, 0, item);
    });
  return (
    <ol className="space-y-3">
      {items.map((item, place) => (
        <Row
          key={item.key}
          item={item}
          slot={slot}
          place={place}
          count={items.length}
          // Files on their way are not sent, and have no place among the others.
          pointer={`${pointer}/${items.slice(0, place).filter(({ entry }) => entry !== null).length}`}
          onMove={(to) => move(item.key, to)}
          onRemove={() => onEdit((before) => before.filter(({ key }) => key !== item.key))}
        />
      ))}
    </ol>
  );
}

function Row({
  item,
  slot,
  place,
  count,
  pointer,
  onMove,
  onRemove,
}: {
  item: Item;
  slot: Slot;
  place: number;
  count: number;
  pointer: string;
  onMove: (to: number) => void;
  onRemove: () => void;
}) {
  const { t } = useLingui();
  const { type: typed } = useComposer();
  const upload = item.upload ?? item.key;
  const progress = useProgress(upload);
  const { type } = item.shown;
  const { pixels, handle } = useDrag(onMove);
  const name = item.shown.name;
  return (
    <li
      className={`flex gap-3 rounded-xl border bg-card p-2 ${pixels === 0 ? "" : "relative z-10 border-link shadow-lg"}`}
      style={pixels === 0 ? undefined : { transform: `translateY(${pixels}px)` }}
    >
      {/* Without a pointer, the buttons with arrows move it. */}
      <div
        {...(count > 1 && handle)}
        title={count > 1 ? t`Move ${name}` : undefined}
        className={`size-20 shrink-0 overflow-hidden rounded-lg bg-tint ${count > 1 ? "cursor-grab touch-none" : ""}`}
      >
        <Thumbnail item={item} />
      </div>
      <div className="min-w-0 grow space-y-2">
        <div className="flex flex-wrap items-start justify-end gap-1">
          <p className="min-w-0 grow basis-40 truncate pt-2 text-sm">{name}</p>
          {count > 1 && (
            <>
              <Button
                kind="quiet"
                className="px-2.5"
                aria-label={t`Move ${name} up`}
                disabled={place === 0}
                onClick={() => onMove(place - 1)}
              >
                ↑
              </Button>
              <Button
                kind="quiet"
                className="px-2.5"
                aria-label={t`Move ${name} down`}
                disabled={place === count - 1}
                onClick={() => onMove(place + 1)}
              >
                ↓
              </Button>
            </>
          )}
          <RemoveItem item={item} progress={progress} onRemove={onRemove} />
        </div>
        <UploadProgress id={upload} />
        {item.entry !== null && progress !== undefined && progress.error !== null && (
          <p className="text-sm">{t`The post has only its URL: the file is fetched again before it is published.`}</p>
        )}
        {item.entry !== null && (
          <WithIssues at={`${pointer}/altText`}>
            <TextBox
              label={t`Alt text`}
              value={item.entry.altText ?? ""}
              onType={(altText) =>
                typed(`alt ${item.key}`, (draft) =>
                  withItem(draft, item.key, (before) => ({ ...before, entry: { ...before.entry, altText } })),
                )
              }
            />
            <Counters at={`${pointer}/altText`} isBrief />
          </WithIssues>
        )}
        <div className="flex flex-wrap gap-2">
          <CropItem item={item} slot={slot} count={count} />
        </div>
        {type === "video" && <ItemCover item={item} slot={slot} />}
        {item.entry !== null && <FieldIssues at={pointer} isDeep except={`${pointer}/altText`} />}
      </div>
    </li>
  );
}

/** A file that is still on its way is not awaited any more, and undoing does not bring it back without its bytes. */
function RemoveItem({
  item: { key, upload = key, entry, shown },
  progress,
  onRemove,
}: {
  item: Item;
  progress: Progress | undefined;
  onRemove: () => void;
}) {
  const { t } = useLingui();
  const { note } = useComposer();
  const draft = useContext(DraftContext);
  const cover = useProgress(useCoverKey(key));
  const { name } = shown;
  const remove = () => {
    cover?.cancel();
    const isShared =
      draft !== null &&
      hasUpload(
        withItem(draft, key, () => null),
        upload,
      );
    if (progress === undefined || isShared) return onRemove();
    progress.cancel();
    if (entry !== null) return onRemove();
    return note((before) => withUpload(before, upload, () => null));
  };
  return (
    <Button kind="quiet" className="px-2.5" aria-label={t`Remove ${name}`} onClick={remove}>
      <CloseIcon />
    </Button>
  );
}

/** Drags an item of a list to the place of another one, up or down. */
function useDrag(onMove: (to: number) => void) {
  const [from, setFrom] = useState<number | null>(null);
  const [pixels, setPixels] = useState(0);
  const end = () => {
    setFrom(null);
    setPixels(0);
  };
  const handle = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      // Otherwise the browser would drag the picture.
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
      setFrom(event.clientY);
    },
    onPointerMove: ({ clientY }: PointerEvent) => from !== null && setPixels(clientY - from),
    onPointerUp: ({ currentTarget, clientY }: PointerEvent) => {
      const own = currentTarget.closest("li");
      const to = [...(own?.parentElement?.children ?? [])].findIndex((each) => {
        const { top, bottom } = each.getBoundingClientRect();
        return each !== own && clientY >= top && clientY <= bottom;
      });
      if (pixels !== 0 && to !== -1) onMove(to);
      end();
    },
    onPointerCancel: end,
  };
  return { pixels, handle };
}
