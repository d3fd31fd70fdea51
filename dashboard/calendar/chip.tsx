import { useDraggable } from "@dnd-kit/core";

import type { PostSummary } from "../../contract/operations/posts.ts";
import { mayEdit } from "../posts/may-edit.ts";
import { type ShownStatus, shownStatus } from "../posts/shown-status.ts";
import { StatusTag, useStatusNames } from "../posts/status.tsx";
import { TextPreview } from "../posts/text-preview.tsx";
import { labelOf } from "../start.ts";
import { useCalendar } from "./grid.ts";
import { timeOf } from "./use-posts-of-days.ts";

const EDGES: Record<ShownStatus, string> = {
  draft: "border-s-dim",
  scheduled: "border-s-link",
  queued: "border-s-warn",
  posting: "border-s-warn",
  published: "border-s-good",
  partial: "border-s-bad",
  failed: "border-s-bad",
  unknown: "border-s-warn",
  discarded: "border-s-line",
};
const SIGNS: Partial<Record<ShownStatus, string>> = {
  published: "✓",
  partial: "!",
  failed: "!",
  unknown: "?",
  discarded: "✕",
};

export function isMovable({ status }: PostSummary): boolean {
  return status === "scheduled" && mayEdit(status);
}

interface Shown {
  post: PostSummary;
  /** Whether the Tab key stops here. */
  isReachable?: boolean;
}

function useMovable(post: PostSummary, isReachable: boolean) {
  const { openPost } = useCalendar();
  const { attributes, listeners, setNodeRef, isDragging } = useDraggable({
    id: post.id,
    data: { post },
    disabled: !isMovable(post),
  });
  return {
    isDragging,
    button: {
      ref: setNodeRef,
      type: "button" as const,
      ...(isMovable(post) && {
        ...listeners,
        "aria-describedby": attributes["aria-describedby"],
        "aria-roledescription": attributes["aria-roledescription"],
        // Space picks it up, so it is not a click when it is let go.
        onKeyUp: (event: React.KeyboardEvent) => event.code === "Space" && event.preventDefault(),
      }),
      tabIndex: isReachable ? 0 : -1,
      "data-post": post.id,
      "data-moving": isDragging || undefined,
      onClick: () => openPost(post),
    },
  };
}

/** A post in a cell. */
export function Chip({ post, isReachable = false }: Shown) {
  const { isDragging, button } = useMovable(post, isReachable);
  return (
    <button {...button} className={`${CHIP} ${EDGES[shownStatus(post)]} ${isDragging ? "opacity-40" : ""}`}>
      <ChipText post={post} />
    </button>
  );
}

const CHIP =
  "flex w-full touch-manipulation items-center gap-1 overflow-hidden rounded-md border border-s-4 bg-card px-1.5 py-1 " +
  "text-start text-xs leading-4 text-ink select-none hover:bg-tint max-lg:block";

/** What follows the pointer while a post is moved. */
export function FloatingChip({ post }: { post: PostSummary }) {
  return (
    <div className={`${CHIP} ${EDGES[shownStatus(post)]} max-w-56 cursor-grabbing shadow-lg`}>
      <ChipText post={post} />
    </div>
  );
}

function ChipText({ post }: { post: PostSummary }) {
  const { names } = useCalendar();
  const statuses = useStatusNames();
  const at = timeOf(post);
  const status = shownStatus(post);
  const sign = SIGNS[status];
  return (
    <>
      <strong className="shrink-0 font-semibold whitespace-nowrap tabular-nums">
        {at === null ? "" : names.time(at)}
      </strong>
      <span className={`truncate max-lg:block ${status === "discarded" ? "line-through" : ""}`}>
        {sign !== undefined && <span aria-hidden="true">{sign} </span>}
        <TextPreview text={post.textPreview} />
      </span>
      <span className="sr-only">
        , {statuses[status]}, {post.platforms.map(labelOf).join(", ")}
      </span>
    </>
  );
}

/** A post in a list. */
export function Row({ post }: Shown) {
  const { names } = useCalendar();
  const { isDragging, button } = useMovable(post, true);
  const at = timeOf(post);
  return (
    <button
      {...button}
      className={`flex w-full touch-manipulation flex-wrap items-center gap-x-3 gap-y-1 border-s-4 px-3 py-2.5 text-start select-none hover:bg-tint ${EDGES[shownStatus(post)]} ${isDragging ? "opacity-40" : ""}`}
    >
      <span className="shrink-0 text-sm font-semibold whitespace-nowrap tabular-nums sm:w-18">
        {at === null ? "" : names.time(at)}
      </span>
      <span className="min-w-0 grow max-sm:order-last max-sm:basis-full">
        <span className="block truncate text-sm">
          <TextPreview text={post.textPreview} />
        </span>
        <span className="block truncate text-xs text-dim">{post.platforms.map(labelOf).join(", ")}</span>
      </span>
      <span className="ms-auto">
        <StatusTag status={shownStatus(post)} />
      </span>
    </button>
  );
}
