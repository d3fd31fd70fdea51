import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useSearch } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

import { postsList, type PostSummary } from "../../contract/operations/posts.ts";
import { PAGE, pagesOf, usePages } from "../api/use-pages.ts";
import { useMode } from "../shell/mode.ts";
import { may } from "../shell/workspace.ts";
import { labelOf, start } from "../start.ts";
import { buttonClass } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { PlatformLogo } from "../ui/platform-logo.tsx";
import { Empty, Loading, Skeleton, View } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { ClearFilters, Filters } from "./filters.tsx";
import { type PostFilter, toQuery } from "./post-filter.ts";
import { shownStatus } from "./shown-status.ts";
import { StatusTag } from "./status.tsx";
import { TextPreview } from "./text-preview.tsx";

const FRESH_MILLISECONDS = 5_000;
const ROW_PIXELS = 76;
/** A search counts no further. */
const MOST_FOUND = 1_000;

/** All posts, filtered by what the address says. */
export function PostList() {
  const { t } = useLingui();
  const mode = useMode();
  const { mode: _, workspace: _workspace, ...filter } = useSearch({ from: "/posts" });
  return (
    <View title={t`Posts`} isWide>
      <Filters filter={filter} />
      <Found key={JSON.stringify([mode, filter])} filter={filter} />
    </View>
  );
}

/** Only what is in the window is read and shown, however many posts there are; it is read again while it is shown. */
function Found({ filter }: { filter: PostFilter }) {
  const { t } = useLingui();
  const [shown, setShown] = useState<readonly number[]>([0]);
  const pages = usePages(
    postsList,
    (page) => ({ ...toQuery(filter, start.user.timeZone), ...page }),
    shown,
    FRESH_MILLISECONDS,
  );
  const { error, data } = pages.get(0) ?? {};
  const total = [...pages.values()].find((page) => page.data !== undefined)?.data?.total ?? 0;
  if (error !== undefined && error !== null && data === undefined)
    return <Failure error={error} onRetry={() => void pages.get(0)?.refetch()} />;
  if (data === undefined) return <Loading rows={8} />;
  if (total === 0) return Object.values(filter).some((value) => value !== undefined) ? <NothingFound /> : <NoPosts />;
  return (
    <>
      <p className="text-sm text-dim" role="status">
        {filter.search !== undefined && total >= MOST_FOUND
          ? t`The newest ${total} that were found`
          : t`${plural(total, { one: "# post", other: "# posts" })}`}
      </p>
      <Rows
        total={total}
        postAt={(index) => pages.get(Math.floor(index / PAGE))?.data?.posts[index % PAGE]}
        onRange={(first, last) => {
          const wanted = pagesOf(first, last);
          setShown((before) => (before.join() === wanted.join() ? before : wanted));
        }}
      />
    </>
  );
}

interface RowsProps {
  total: number;
  postAt: (index: number) => PostSummary | undefined;
  onRange: (first: number, last: number) => void;
}

function Rows({ total, postAt, onRange }: RowsProps) {
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({
    count: total,
    estimateSize: () => ROW_PIXELS,
    overscan: 8,
    scrollMargin: top,
    onChange: ({ range }) => range !== null && onRange(range.startIndex, range.endIndex),
  });
  return (
    <ul
      ref={list}
      className="relative overflow-hidden rounded-2xl border bg-card"
      style={{ height: rows.getTotalSize() }}
    >
      {rows.getVirtualItems().map(({ index, start: at }) => {
        const post = postAt(index);
        return (
          <li
            key={index}
            aria-setsize={total}
            aria-posinset={index + 1}
            className="absolute inset-x-0 border-b last:border-b-0"
            style={{ height: ROW_PIXELS, transform: `translateY(${at - top}px)` }}
          >
            {post === undefined ? <Skeleton className="m-4 h-11" /> : <Row post={post} />}
          </li>
        );
      })}
    </ul>
  );
}

function Row({ post }: { post: PostSummary }) {
  const { t } = useLingui();
  const { mediaCount, publishedCount, platforms } = post;
  const when = post.publishedAt ?? post.scheduledFor ?? post.createdAt;
  const facts = [
    ...(mediaCount === 0 ? [] : [t`${plural(mediaCount, { one: "# file", other: "# files" })}`]),
    ...(post.status === "partial" ? [t`${publishedCount} of ${platforms.length} published`] : []),
  ];
  return (
    <Link
      to="/posts/$id"
      params={{ id: post.id }}
      className="grid h-full grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-3 gap-y-1 px-4 text-ink no-underline -outline-offset-2 hover:bg-tint"
    >
      <span
        className={`truncate font-medium max-sm:col-span-2 ${post.textPreview === "" ? "text-dim" : ""}`}
        dir="auto"
      >
        <TextPreview text={post.textPreview} />
      </span>
      <span className="flex min-w-0 items-center gap-2 text-sm text-dim sm:row-start-2">
        <span className="flex min-w-0 gap-1 overflow-hidden">
          {platforms.map((platform) => (
            <PlatformLogo key={platform} platform={platform} className="size-4" />
          ))}
        </span>
        <span className="truncate">
          <span className="max-sm:sr-only">{platforms.map(labelOf).join(", ")}</span>
          {facts.map((fact) => (
            <span key={fact} className="max-sm:hidden">
              {" · "}
              {fact}
            </span>
          ))}
        </span>
      </span>
      <span className="flex items-center gap-2 text-xs text-dim sm:row-span-2 sm:flex-col sm:items-end sm:gap-1">
        <StatusTag status={shownStatus(post)} />
        <Time at={when} />
      </span>
    </Link>
  );
}

function NothingFound() {
  const { t } = useLingui();
  return (
    <Empty title={t`No posts match`} action={<ClearFilters />}>
      <Trans>Change or clear the filters to see more.</Trans>
    </Empty>
  );
}

function NoPosts() {
  const { t } = useLingui();
  return (
    <Empty
      title={t`No posts yet`}
      action={
        may("posts_create") && (
          <Link to="/compose" search={({ mode }) => ({ mode })} className={buttonClass("main")}>
            {t`New post`}
          </Link>
        )
      }
    >
      <Trans>Posts appear here when you write them, and when they are created with the API.</Trans>
    </Empty>
  );
}
