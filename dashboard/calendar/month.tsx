import { useDroppable } from "@dnd-kit/core";
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";

import { PlusIcon } from "../ui/icons.tsx";
import { useIsNarrow } from "../ui/narrow.ts";
import { Chip } from "./chip.tsx";
import { DayPosts } from "./day-list.tsx";
import { useCalendar } from "./grid.ts";

const WEEK = 7;
const MOST_CHIPS = 4;
const MOST_DOTS = 3;

/** Weeks below each other. On a phone, days have dots, and the chosen one's posts are below. */
export function Month({ days, label, month }: { days: readonly string[]; label: string; month: string }) {
  const { names, at } = useCalendar();
  const isNarrow = useIsNarrow();
  const weeks = Array.from({ length: days.length / WEEK }, (_, week) => days.slice(week * WEEK, (week + 1) * WEEK));
  return (
    <>
      <div role="grid" aria-label={label} className="overflow-hidden rounded-2xl border bg-card">
        <div role="row" className="grid grid-cols-7 border-b">
          {weeks[0]?.map((day) => (
            <div
              key={day}
              role="columnheader"
              aria-label={names.fullWeekday(day)}
              className="truncate px-2 py-1.5 text-center text-xs font-semibold text-dim"
            >
              {names.weekday(day)}
            </div>
          ))}
        </div>
        {weeks.map((week) => (
          <div key={week[0]} role="row" className="grid grid-cols-7 border-b last:border-b-0">
            {week.map((day) => (
              <Day key={day} day={day} isNarrow={isNarrow} isOutside={!day.startsWith(month)} />
            ))}
          </div>
        ))}
      </div>
      {isNarrow && days.includes(at) && <DayPosts day={at} />}
    </>
  );
}

function Day({ day, isNarrow, isOutside }: { day: string; isNarrow: boolean; isOutside: boolean }) {
  const { t } = useLingui();
  const { names, today, at, goTo, openDay, compose, postsAt } = useCalendar();
  const { setNodeRef, isOver } = useDroppable({ id: day });
  const posts = postsAt(day);
  const isAt = day === at;
  const shown = posts.length > MOST_CHIPS ? posts.slice(0, MOST_CHIPS - 1) : posts;
  const date = names.fullDay(day);
  const count = plural(posts.length, { one: "# post", other: "# posts" });
  return (
    <div
      ref={setNodeRef}
      role="gridcell"
      aria-selected={isAt}
      aria-current={day === today ? "date" : undefined}
      tabIndex={isAt ? 0 : -1}
      data-place={day}
      onClick={() => goTo(day)}
      onDoubleClick={() => compose?.(day)}
      className={`group min-w-0 border-s first:border-s-0 focus-visible:-outline-offset-2 ${isNarrow ? "flex min-h-14 flex-col items-center gap-1 py-1.5" : "min-h-28 space-y-1 p-1.5"} ${isOver ? "bg-warn-tint" : isOutside ? "bg-page" : ""} ${isAt ? "ring-2 ring-link/40 ring-inset" : ""}`}
    >
      <div className="flex w-full items-center justify-between max-md:justify-center">
        <span className="sr-only">{posts.length === 0 ? date : `${date}, ${count}`}</span>
        <span
          aria-hidden="true"
          className={`flex size-6 items-center justify-center rounded-full text-xs ${day === today ? "bg-brand font-bold text-on-brand" : isOutside ? "text-dim" : "font-semibold"}`}
        >
          {Number(day.slice(8))}
        </span>
        {!isNarrow && compose !== null && (
          <button
            type="button"
            tabIndex={isAt ? 0 : -1}
            aria-label={t`New post on ${date}`}
            onClick={() => compose(day)}
            className="rounded-md p-0.5 text-dim opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 hover:bg-tint"
          >
            <PlusIcon />
          </button>
        )}
      </div>
      {isNarrow ? (
        <Dots count={posts.length} />
      ) : (
        <>
          {shown.map((post) => (
            <Chip key={post.id} post={post} isReachable={isAt} />
          ))}
          {posts.length > shown.length && (
            <button
              type="button"
              tabIndex={isAt ? 0 : -1}
              onClick={() => openDay(day)}
              className="w-full rounded-md px-1.5 py-1 text-start text-xs font-semibold text-dim hover:bg-tint"
            >
              {t`${posts.length - shown.length} more`}
            </button>
          )}
        </>
      )}
    </div>
  );
}

function Dots({ count }: { count: number }) {
  return (
    <span aria-hidden="true" className="flex h-2 items-center gap-0.5">
      {Array.from({ length: Math.min(count, MOST_DOTS) }, (_, dot) => (
        <span key={dot} className="size-1.5 rounded-full bg-link" />
      ))}
      {count > MOST_DOTS && <span className="text-[0.625rem] leading-none font-bold text-link">+</span>}
    </span>
  );
}
