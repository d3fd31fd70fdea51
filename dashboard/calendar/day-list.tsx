import { useDroppable } from "@dnd-kit/core";
import { useLingui } from "@lingui/react/macro";

import { Button } from "../ui/controls.tsx";
import { PlusIcon } from "../ui/icons.tsx";
import { Empty } from "../ui/surfaces.tsx";
import { Row } from "./chip.tsx";
import { useCalendar } from "./grid.ts";

/** The posts of a day below each other. */
export function DayPosts({ day }: { day: string }) {
  const { t } = useLingui();
  const { names, today, postsAt, compose } = useCalendar();
  const { setNodeRef, isOver } = useDroppable({ id: `list ${day}` });
  const posts = postsAt(day);
  const date = names.fullDay(day);
  return (
    <section
      ref={setNodeRef}
      aria-label={date}
      className={`overflow-hidden rounded-2xl border ${isOver ? "bg-warn-tint" : "bg-card"}`}
    >
      <div className="flex items-center justify-between gap-2 border-b ps-3">
        <h3 className="py-2 text-sm font-semibold">
          {date}
          {day === today && <span className="ms-2 text-dim">{t`Today`}</span>}
        </h3>
        {compose !== null && (
          <Button kind="quiet" aria-label={t`New post on ${date}`} onClick={() => compose(day)}>
            <PlusIcon />
          </Button>
        )}
      </div>
      {posts.length === 0 ? (
        <p className="p-3 text-sm text-dim">{t`No posts`}</p>
      ) : (
        <ul className="divide-y">
          {posts.map((post) => (
            <li key={post.id}>
              <Row post={post} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Days below each other: all of them, or only those with posts. */
export function DayList({ days, withEmpty }: { days: readonly string[]; withEmpty: boolean }) {
  const { t } = useLingui();
  const { postsAt } = useCalendar();
  const shown = withEmpty ? days : days.filter((day) => postsAt(day).length > 0);
  if (shown.length === 0) return <Empty title={t`No posts in these days`} />;
  return shown.map((day) => <DayPosts key={day} day={day} />);
}
