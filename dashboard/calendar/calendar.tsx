import { useLingui } from "@lingui/react/macro";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import type { PostSummary } from "../../contract/operations/posts.ts";
import { mayEdit } from "../posts/may-edit.ts";
import { regionOf } from "../shell/language.ts";
import { areShortcutsOn } from "../shell/shortcuts.ts";
import { mayOpen } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { PlusIcon } from "../ui/icons.tsx";
import { useIsNarrow } from "../ui/narrow.ts";
import { Loading, Notice, View } from "../ui/surfaces.tsx";
import { CALENDAR_VIEWS, type CalendarSearch, type CalendarView } from "./calendar-search.ts";
import { DayList } from "./day-list.tsx";
import { useDayNames } from "./day-names.ts";
import {
  changesOfClocks,
  dayOf,
  daysShown,
  dueAt,
  firstWeekdayOf,
  hourOf,
  movedTo,
  rangeOf,
  stepOf,
  todayIn,
} from "./days.ts";
import { DragRoom } from "./drag.tsx";
import { Filters } from "./filters.tsx";
import { type CalendarContext, CalendarRoom, placeBeside } from "./grid.ts";
import { Hours } from "./hours.tsx";
import { rememberSearch } from "./last-search.ts";
import { Month } from "./month.tsx";
import { PostDialog, RefusedDialog } from "./post-dialog.tsx";
import { useMove } from "./use-move.ts";
import { timeOf, usePostsOfDays } from "./use-posts-of-days.ts";

const FIRST_HOUR = "09";
const NONE: readonly PostSummary[] = [];

/** Posts by when they were published or are due, in a time zone. What is scheduled can be moved. */
export function Calendar() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const search: CalendarSearch = useSearch({ from: "/calendar" });
  useEffect(() => rememberSearch(search), [search]);
  const zone = search.zone ?? start.user.timeZone;
  const today = todayIn(zone);
  const on = search.on ?? today;
  const view = search.view ?? "month";
  const firstWeekday = firstWeekdayOf(regionOf());
  const days = useMemo(() => daysShown(view, on, firstWeekday), [view, on, firstWeekday]);
  const hasHours = view === "day" || (view === "week" && !isNarrow);
  const names = useDayNames(zone);

  const { data, error, refetch, isPlaceholderData } = usePostsOfDays(days, zone, search);
  const posts = data?.posts ?? NONE;
  const byPlace = useMemo(
    () =>
      Map.groupBy(posts.toSorted(byTime), (post) => (hasHours ? hourOf : dayOf)(timeOf(post) ?? post.createdAt, zone)),
    [posts, hasHours, zone],
  );

  const set = (change: CalendarSearch) =>
    void navigate({
      to: "/calendar",
      search: { ...search, ...change },
      replace: true,
      resetScroll: false,
    });
  const [hour, setHour] = useState(FIRST_HOUR);
  const at = hasHours ? `${on}T${hour}` : on;
  const goTo = (place: string) => {
    const [day = place, itsHour] = place.split("T");
    if (itsHour !== undefined) setHour(itsHour);
    if (day !== on) set({ on: day });
  };
  const compose = mayOpen("/compose")
    ? (place: string) =>
        void navigate({
          to: "/compose",
          search: { at: dueAt(place, zone), zone: search.zone },
          state: { calendar: search },
        })
    : null;
  const [opened, setOpened] = useState<PostSummary | null>(null);
  const [refused, setRefused] = useState<{ post: PostSummary; error: AmpostError } | null>(null);
  const move = useMove(names.moment);
  const moveTo = async (post: PostSummary, place: string) => {
    const before = timeOf(post);
    if (before === null || (place.includes("T") ? hourOf : dayOf)(before, zone) === place) return;
    const answered = await move(post, { scheduledFor: movedTo(before, zone, place) });
    setRefused(answered === null ? null : { post, error: answered });
  };

  const calendar: CalendarContext = {
    zone,
    today,
    names,
    at,
    goTo,
    openDay: (day) => set({ view: "day", on: day }),
    openPost: setOpened,
    compose,
    postsAt: (place) => byPlace.get(place) ?? [],
  };
  const body = useKeys(calendar, view, set);
  const title = useTitle(view, days, on, calendar);

  return (
    <CalendarRoom value={calendar}>
      <View
        title={t`Calendar`}
        isWide
        actions={
          compose !== null && (
            <Button kind="main" className={view === "day" ? "" : "max-md:hidden"} onClick={() => compose(at)}>
              <PlusIcon />
              {t`New post on ${names.shortDate(on)}`}
            </Button>
          )
        }
      >
        <div className="flex flex-wrap items-center gap-2">
          <Button onClick={() => set({ on: undefined })}>{t`Today`}</Button>
          <Step isForward={false} view={view} onStep={() => set({ on: stepOf(view, on, -1) })} />
          <Step isForward view={view} onStep={() => set({ on: stepOf(view, on, 1) })} />
          <h2 aria-live="polite" className="me-auto px-1 font-semibold sm:text-lg">
            {title}
          </h2>
          <Views view={view} />
        </div>
        <Filters search={search} zone={zone} onChange={set}>
          <ZoneLine days={days} calendar={calendar} />
        </Filters>
        {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
        {data !== undefined && data.left > 0 && (
          <Notice tone="warn">{t`${data.left} later posts are not shown. Choose fewer days, or filter.`}</Notice>
        )}
        {data === undefined && error === null && <Loading rows={6} />}
        {data !== undefined && (
          <DragRoom
            columns={hasHours || view !== "month" ? 1 : 7}
            postOf={(id) => posts.find((post) => post.id === id)}
            onMove={(post, place) => void moveTo(post, place)}
          >
            <div
              ref={body}
              aria-busy={isPlaceholderData}
              className={`space-y-3 ${isPlaceholderData ? "opacity-60" : ""}`}
            >
              {view === "month" && <Month days={days} label={title} month={on.slice(0, 7)} />}
              {hasHours && <Hours key={view} days={days} label={title} isOld={isPlaceholderData} />}
              {view === "week" && isNarrow && <DayList days={days} withEmpty />}
              {view === "agenda" && <DayList days={days} withEmpty={false} />}
            </div>
          </DragRoom>
        )}
        <p className="text-sm text-dim max-md:hidden">
          {t`Arrow keys choose a day, Enter opens it.`} {compose !== null && t`N writes a post for it.`}{" "}
          {mayEdit("scheduled") && t`Space picks a scheduled post up.`}
        </p>
      </View>
      <PostDialog post={opened} onClose={() => setOpened(null)} onMove={move} />
      <RefusedDialog refused={refused} onClose={() => setRefused(null)} />
    </CalendarRoom>
  );
}

function byTime(one: PostSummary, other: PostSummary): number {
  return (timeOf(one) ?? "").localeCompare(timeOf(other) ?? "") || one.id.localeCompare(other.id);
}

function useTitle(view: CalendarView, days: readonly string[], on: string, { names }: CalendarContext): string {
  if (view === "month") return names.month(on);
  if (view === "day") return names.fullDay(on);
  const [first = on, last = on] = [days[0], days.at(-1)];
  return names.range(first, last);
}

/** Moves along the grid by keys, and the focus with it. */
function useKeys(calendar: CalendarContext, view: CalendarView, set: (change: CalendarSearch) => void) {
  const body = useRef<HTMLDivElement>(null);
  const follows = useRef(false);
  const { at, goTo, openDay, compose } = calendar;
  useEffect(() => {
    if (!follows.current) return;
    follows.current = false;
    body.current?.querySelector<HTMLElement>(`[data-place="${at}"]`)?.focus();
  }, [at]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target, key } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement))
        return;
      // Those of a post that is being moved lead it.
      if (target.closest("input, select, textarea, dialog, [role=menu], [data-moving]") !== null) return;
      const cell = target.closest<HTMLElement>("[data-place]");
      const here = cell?.dataset.place ?? at;
      if (areShortcutsOn()) {
        if (key === "n") return compose?.(here);
        if (key === "t") return set({ on: undefined });
      }
      if (cell === null) return;
      const [day = here] = here.split("T");
      const place =
        key === "PageUp" || key === "PageDown"
          ? here.replace(day, stepOf(view, day, key === "PageUp" ? -1 : 1))
          : placeBeside(here, key, 7);
      if (place !== null) {
        event.preventDefault();
        follows.current = place !== at;
        goTo(place);
      } else if (key === "Enter" && target === cell) {
        if (view === "day") compose?.(here);
        else openDay(day);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
  return body;
}

function Step({ isForward, view, onStep }: { isForward: boolean; view: CalendarView; onStep: () => void }) {
  const { t } = useLingui();
  const names: Record<CalendarView, [string, string]> = {
    month: [t`Previous month`, t`Next month`],
    week: [t`Previous week`, t`Next week`],
    day: [t`Previous day`, t`Next day`],
    agenda: [t`Previous 30 days`, t`Next 30 days`],
  };
  return (
    <Button className="px-3" aria-label={names[view][isForward ? 1 : 0]} onClick={onStep}>
      {/* Where one writes from right to left, it points the other way by itself. */}
      <span aria-hidden="true">{isForward ? "›" : "‹"}</span>
    </Button>
  );
}

function Views({ view }: { view: CalendarView }) {
  const { t } = useLingui();
  const names: Record<CalendarView, string> = { month: t`Month`, week: t`Week`, day: t`Day`, agenda: t`Agenda` };
  return (
    <div role="group" aria-label={t`View`} className="flex rounded-lg border bg-card p-0.5 max-sm:w-full max-sm:*:grow">
      {CALENDAR_VIEWS.map((each) => (
        <Link
          key={each}
          to="/calendar"
          search={(before) => ({ ...before, view: each })}
          aria-current={each === view ? "true" : undefined}
          className={`rounded-md px-3 py-1.5 text-center text-sm font-semibold no-underline ${each === view ? "bg-brand text-on-brand" : "text-dim hover:bg-tint"}`}
        >
          {names[each]}
        </Link>
      ))}
    </div>
  );
}

/** In which time zone everything is, and whether its clocks change in these days. */
function ZoneLine({ days, calendar: { zone, names } }: { days: readonly string[]; calendar: CalendarContext }) {
  const { t } = useLingui();
  const changes = changesOfClocks(days, zone);
  const offset = names.offset(rangeOf(days, zone).from);
  return (
    <p className="text-sm text-dim">
      {t`Times are in ${zone.replaceAll("_", " ")} (${offset}).`}
      {changes.map((day) => (
        <strong
          key={day}
          className="ms-1 font-semibold text-warn"
        >{t`The clocks change on ${names.date(day)}.`}</strong>
      ))}
    </p>
  );
}
