import {
  type Announcements,
  type CollisionDetection,
  DndContext,
  DragOverlay,
  KeyboardCode,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  type UniqueIdentifier,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { useLingui } from "@lingui/react/macro";
import { type ReactNode, useMemo, useRef, useState } from "react";

import type { PostSummary } from "../../contract/operations/posts.ts";
import { FloatingChip } from "./chip.tsx";
import { placeBeside, useCalendar } from "./grid.ts";

/** Posts of the calendar can be moved in here: by mouse, by touch after a moment, and by keyboard. */
export function DragRoom({
  columns,
  postOf,
  onMove,
  children,
}: {
  columns: number;
  postOf: (id: string) => PostSummary | undefined;
  onMove: (post: PostSummary, place: string) => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const { names } = useCalendar();
  const [moving, setMoving] = useState<PostSummary | null>(null);
  const coordinateGetter = useMemo(() => alongGrid(columns), [columns]);
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    // A shorter touch opens the post, a movement scrolls.
    useSensor(TouchSensor, { activationConstraint: { delay: 250, tolerance: 8 } }),
    useSensor(KeyboardSensor, {
      coordinateGetter,
      // Enter opens the post.
      keyboardCodes: {
        start: [KeyboardCode.Space],
        cancel: [KeyboardCode.Esc],
        end: [KeyboardCode.Space, KeyboardCode.Enter],
      },
    }),
  );
  const placeName = (id: UniqueIdentifier) => {
    const [day = "", hour] = placeOf(id).split("T");
    return hour === undefined ? names.fullDay(day) : `${names.fullDay(day)}, ${names.hour(Number(hour))}`;
  };
  const textOf = (id: UniqueIdentifier) => postOf(String(id))?.textPreview ?? "";
  // The place where it is picked up comes at once, and would be said instead of that.
  const isPickedUp = useRef(false);
  const announcements: Announcements = {
    onDragStart: ({ active }) => {
      isPickedUp.current = true;
      return t`Picked up: ${textOf(active.id)}`;
    },
    onDragOver: ({ over }) => {
      if (isPickedUp.current) {
        isPickedUp.current = false;
        return undefined;
      }
      return over === null ? t`Not over a day` : placeName(over.id);
    },
    onDragEnd: ({ over }) => (over === null ? t`Not moved` : t`Dropped on ${placeName(over.id)}`),
    onDragCancel: () => t`Not moved`,
  };
  const instructions = t`To move the post, press Space, choose its day with the arrow keys and press Space again. Escape cancels.`;
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={under}
      accessibility={{ announcements, screenReaderInstructions: { draggable: instructions } }}
      onDragStart={({ active }) => setMoving(postOf(String(active.id)) ?? null)}
      onDragCancel={() => setMoving(null)}
      onDragEnd={({ over }) => {
        setMoving(null);
        if (moving !== null && over !== null) onMove(moving, placeOf(over.id));
      }}
    >
      {children}
      <DragOverlay dropAnimation={null}>{moving !== null && <FloatingChip post={moving} />}</DragOverlay>
    </DndContext>
  );
}

function placeOf(id: UniqueIdentifier): string {
  return String(id).replace("list ", "");
}

const INSIDE_PIXELS = 4;
/** As many days as a view shows. */
const MOST_STEPS = 42;

/** What is under the pointer or, with the keyboard, under the corner that the arrows lead. */
const under: CollisionDetection = ({ pointerCoordinates, collisionRect, droppableContainers, droppableRects }) => {
  const x = pointerCoordinates?.x ?? collisionRect.left + INSIDE_PIXELS;
  const y = pointerCoordinates?.y ?? collisionRect.top + INSIDE_PIXELS;
  return droppableContainers
    .filter(({ id }) => {
      const rect = droppableRects.get(id);
      return rect !== undefined && x >= rect.left && x < rect.right && y >= rect.top && y < rect.bottom;
    })
    .map(({ id }) => ({ id }));
};

function alongGrid(columns: number): KeyboardCoordinateGetter {
  return (event, { context: { over, droppableRects } }) => {
    if (over === null) return undefined;
    let place: string | null = placeOf(over.id);
    // Over what is not shown, such as days without posts in a list.
    for (let steps = 0; steps < MOST_STEPS && place !== null; steps += 1) {
      place = placeBeside(place, event.code, columns);
      const rect = place === null ? undefined : (droppableRects.get(place) ?? droppableRects.get(`list ${place}`));
      if (rect === undefined) continue;
      event.preventDefault();
      return { x: rect.left, y: rect.top };
    }
    return undefined;
  };
}
