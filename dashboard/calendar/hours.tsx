import { useDroppable } from "@dnd-kit/core";
import { useLingui } from "@lingui/react/macro";
import { useEffect, useEffectEvent, useRef } from "react";

import { Chip } from "./chip.tsx";
import { hasHour } from "./days.ts";
import { useCalendar } from "./grid.ts";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
/** Earlier ones only if there is a post. */
const FIRST_SEEN = 7;

/** Days beside each other, hours below each other. */
export function Hours({
  days,
  label,
  isOld,
}: {
  days: readonly string[];
  label: string;
  /** The posts are those of other days until the ones of these are there. */
  isOld: boolean;
}) {
  const { t } = useLingui();
  const { names, today, openDay, postsAt } = useCalendar();
  const grid = useRef<HTMLDivElement>(null);
  const morning = useRef<HTMLDivElement>(null);
  const earliest = HOURS.find((hour) => days.some((day) => postsAt(placeOf(day, hour)).length > 0)) ?? FIRST_SEEN;
  const [first] = days;
  const settled = useRef<string>(undefined);
  const showMorning = useEffectEvent(() => {
    // Once for the same days, and never away from where somebody is.
    if (settled.current === first) return;
    if (!isOld) settled.current = first;
    if (grid.current === null || morning.current === null || grid.current.contains(document.activeElement)) return;
    grid.current.scrollTop = morning.current.offsetTop - (grid.current.firstElementChild?.clientHeight ?? 0);
  });
  useEffect(() => showMorning(), [first, isOld]);
  const columns = { gridTemplateColumns: `4rem repeat(${days.length}, minmax(0, 1fr))` };
  return (
    <div
      ref={grid}
      role="grid"
      aria-label={label}
      className="relative max-h-[70dvh] overflow-y-auto rounded-2xl border bg-card"
    >
      <div role="row" className="sticky top-0 z-10 grid border-b bg-card" style={columns}>
        <div role="columnheader" className="sr-only">
          {t`Hour`}
        </div>
        <span aria-hidden="true" />
        {days.map((day) => (
          <div key={day} role="columnheader" className="border-s text-center text-xs font-semibold">
            <button type="button" tabIndex={-1} onClick={() => openDay(day)} className="w-full px-1 py-2 hover:bg-tint">
              <span
                className={
                  day === today
                    ? "rounded-full bg-brand px-1.5 py-0.5 whitespace-nowrap text-on-brand lg:px-2"
                    : "text-dim"
                }
              >
                {names.shortDay(day)}
              </span>
            </button>
          </div>
        ))}
      </div>
      {HOURS.map((hour) => (
        <div
          key={hour}
          ref={hour === Math.min(earliest, FIRST_SEEN) ? morning : undefined}
          role="row"
          className="grid border-b last:border-b-0"
          style={columns}
        >
          <div role="rowheader" className="px-2 py-1 text-end text-xs text-dim tabular-nums">
            {names.hour(hour)}
          </div>
          {days.map((day) => (
            <Hour key={day} place={placeOf(day, hour)} />
          ))}
        </div>
      ))}
    </div>
  );
}

function placeOf(day: string, hour: number): string {
  return `${day}T${String(hour).padStart(2, "0")}`;
}

function Hour({ place }: { place: string }) {
  const { t } = useLingui();
  const { names, zone, at, goTo, compose, postsAt } = useCalendar();
  const isThere = hasHour(place, zone);
  const { setNodeRef, isOver } = useDroppable({ id: place, disabled: !isThere });
  const isAt = place === at;
  const [day = "", hour = ""] = place.split("T");
  const name = `${names.fullDay(day)}, ${names.hour(Number(hour))}`;
  const posts = postsAt(place);
  return (
    <div
      ref={setNodeRef}
      role="gridcell"
      aria-selected={isAt}
      tabIndex={isAt ? 0 : -1}
      data-place={place}
      onClick={() => goTo(place)}
      onDoubleClick={() => (isThere ? compose?.(place) : undefined)}
      className={`min-h-13 min-w-0 space-y-1 border-s p-0.5 ${posts.length > 0 ? "pb-6" : ""} focus-visible:-outline-offset-2 ${isOver ? "bg-warn-tint" : isThere ? "" : "bg-tint"} ${isAt ? "ring-2 ring-link/40 ring-inset" : ""}`}
    >
      <span className="sr-only">{isThere ? name : t`${name}: the clocks skip this hour`}</span>
      {posts.map((post) => (
        <Chip key={post.id} post={post} isReachable={isAt} />
      ))}
    </div>
  );
}
