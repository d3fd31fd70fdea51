import {
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { useLingui } from "@lingui/react/macro";

import { UploadProgress } from "../media/upload-progress.tsx";
import { Button } from "../ui/controls.tsx";
import { CloseIcon } from "../ui/icons.tsx";
import { useComposer } from "./context.ts";
import { type Item, type Slot, withItem } from "./draft.ts";
import { FieldIssues } from "./findings.tsx";
import { CropItem, ItemCover } from "./item-tools.tsx";
import { TextBox } from "./text-box.tsx";
import { Thumbnail } from "./thumbnail.tsx";

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
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor),
  );
  const move = (key: string, place: number) =>
    onEdit((before) => {
      const from = before.findIndex((each) => each.key === key);
      const item = before[from];
      if (item === undefined || place < 0 || place >= before.length) return before;
      return before.toSpliced(from, 1).toSpliced(place, 0, item);
    });
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    const place = items.findIndex(({ key }) => key === over?.id);
    if (place >= 0) move(String(active.id), place);
  };
  return (
    <DndContext sensors={sensors} onDragEnd={onDragEnd}>
      <ol className="space-y-3">
        {items.map((item, place) => (
          <Row
            key={item.key}
            item={item}
            slot={slot}
            place={place}
            count={items.length}
            pointer={`${pointer}/${place}`}
            onMove={(to) => move(item.key, to)}
            onRemove={() => onEdit((before) => before.filter(({ key }) => key !== item.key))}
          />
        ))}
      </ol>
    </DndContext>
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
  const { type } = item.shown;
  const drag = useDraggable({ id: item.key });
  const drop = useDroppable({ id: item.key });
  const name = item.shown.name;
  const offset = drag.transform;
  return (
    <li
      ref={drop.setNodeRef}
      className={`flex gap-3 rounded-xl border p-2 ${drop.isOver ? "border-link" : ""}`}
      style={offset === null ? undefined : { transform: `translate(${offset.x}px, ${offset.y}px)` }}
    >
      <button
        type="button"
        ref={drag.setNodeRef}
        {...drag.listeners}
        {...drag.attributes}
        aria-label={t`Move ${name}`}
        className="size-20 shrink-0 cursor-grab touch-none overflow-hidden rounded-lg bg-tint"
      >
        <Thumbnail item={item} />
      </button>
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
          <Button kind="quiet" className="px-2.5" aria-label={t`Remove ${name}`} onClick={onRemove}>
            <CloseIcon />
          </Button>
        </div>
        {item.entry === null && <UploadProgress id={item.key} />}
        {item.entry !== null && (
          <TextBox
            label={t`Alt text`}
            value={item.entry.altText ?? ""}
            onType={(altText) =>
              typed(`alt ${item.key}`, (draft) =>
                withItem(draft, item.key, (before) => ({ ...before, entry: { ...before.entry, altText } })),
              )
            }
          />
        )}
        <div className="flex flex-wrap gap-2">
          <CropItem item={item} slot={slot} count={count} />
        </div>
        {type === "video" && <ItemCover item={item} slot={slot} />}
        <FieldIssues at={pointer} isDeep />
      </div>
    </li>
  );
}
