import { Trans, useLingui } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import { postsList, type PostSummary } from "../../contract/operations/posts.ts";
import { POST_STATUSES } from "../../model/status.ts";
import { type Answer, ask } from "../api/ask.ts";
import { keyOf } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { labelOf, start } from "../start.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Empty, Loading, View } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import type { PostFilter } from "./post-filter.ts";
import { StatusTag, useStatusNames } from "./status.tsx";

const PAGE = 50;
const FRESH_MILLISECONDS = 10_000;

/** All posts, filtered by what the address says. */
export function PostList() {
  const { t } = useLingui();
  const mode = useMode();
  const filter = useSearch({ from: "/posts", select: ({ mode: _, ...rest }): PostFilter => rest });
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const list = useInfiniteQuery<Answer<typeof postsList>, AmpostError>({
    queryKey: keyOf(postsList, mode, { query: filter }),
    queryFn: ({ pageParam, signal }) =>
      ask(postsList, mode, { query: { ...filter, limit: PAGE, offset: Number(pageParam) }, signal }),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.posts.length < PAGE ? undefined : pages.length * PAGE),
    refetchInterval: FRESH_MILLISECONDS,
  });
  const posts = list.data?.pages.flatMap((page) => page.posts) ?? [];
  return (
    <View title={t`Posts`}>
      <Filters filter={filter} />
      {list.error !== null && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={8} />}
      {list.isSuccess && posts.length === 0 && (isFiltered ? <NothingFound /> : <NoPosts />)}
      {posts.length > 0 && (
        <>
          <p className="text-sm text-dim" role="status">
            {t`${list.data?.pages[0]?.total ?? 0} posts`}
          </p>
          <Rows posts={posts} hasMore={list.hasNextPage} onEnd={() => void list.fetchNextPage()} />
        </>
      )}
    </View>
  );
}

function Filters({ filter }: { filter: PostFilter }) {
  const { t } = useLingui();
  const names = useStatusNames();
  const navigate = useNavigate();
  const [search, setSearch] = useState(filter.search ?? "");
  const set = (change: PostFilter) =>
    void navigate({ to: "/posts", search: ({ mode }) => ({ mode, ...filter, ...change }), replace: true });
  useEffect(() => {
    const timer = setTimeout(() => {
      if (search !== (filter.search ?? "")) set({ search: search === "" ? undefined : search });
    }, 300);
    return () => clearTimeout(timer);
  });
  return (
    <form role="search" className="grid gap-3 sm:grid-cols-3" onSubmit={(event) => event.preventDefault()}>
      <TextField label={t`Search`} type="search" value={search} onChange={(event) => setSearch(event.target.value)} />
      <Select
        label={t`Status`}
        value={filter.status ?? ""}
        onChange={({ target }) => set({ status: POST_STATUSES.find((each) => each === target.value) })}
        options={[
          { value: "", name: t`All` },
          ...POST_STATUSES.map((status) => ({ value: status, name: names[status] })),
        ]}
      />
      <Select
        label={t`Platform`}
        value={filter.platform ?? ""}
        onChange={({ target }) => set({ platform: start.platforms.find(({ name }) => name === target.value)?.name })}
        options={[
          { value: "", name: t`All` },
          ...start.platforms.map(({ name, label }) => ({ value: name, name: label })),
        ]}
      />
    </form>
  );
}

const ROW_PIXELS = 76;

/** Only the rows in the window are in the page, however many there are. */
function Rows({ posts, hasMore, onEnd }: { posts: readonly PostSummary[]; hasMore: boolean; onEnd: () => void }) {
  const list = useRef<HTMLUListElement>(null);
  const rows = useWindowVirtualizer({
    count: posts.length,
    estimateSize: () => ROW_PIXELS,
    overscan: 8,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastShown >= posts.length - 10) onEnd();
  }, [lastShown, hasMore, posts.length, onEnd]);
  return (
    <ul ref={list} className="relative rounded-2xl border bg-card" style={{ height: rows.getTotalSize() }}>
      {items.map(({ index, start: top }) => {
        const post = posts[index];
        return post === undefined ? null : (
          <li
            key={post.id}
            className="absolute inset-x-0 border-b last:border-b-0"
            style={{ height: ROW_PIXELS, transform: `translateY(${top - rows.options.scrollMargin}px)` }}
          >
            <Row post={post} />
          </li>
        );
      })}
    </ul>
  );
}

function Row({ post }: { post: PostSummary }) {
  const { t } = useLingui();
  const when = post.publishedAt ?? post.scheduledFor;
  return (
    <Link
      to="/posts/$id"
      params={{ id: post.id }}
      className="flex h-full items-center gap-3 px-4 text-ink no-underline hover:bg-tint"
    >
      <span className="min-w-0 grow">
        <span className="block truncate font-medium">{post.textPreview === "" ? t`No text` : post.textPreview}</span>
        <span className="block truncate text-sm text-dim">{post.platforms.map(labelOf).join(", ")}</span>
      </span>
      <span className="shrink-0 text-end text-sm">
        <StatusTag status={post.status} />
        <span className="mt-1 block text-xs text-dim">{when === null ? null : <Time at={when} />}</span>
      </span>
    </Link>
  );
}

function NothingFound() {
  const { t } = useLingui();
  const navigate = useNavigate();
  return (
    <Empty
      title={t`No posts match`}
      action={
        <Button
          onClick={() => void navigate({ to: "/posts", search: ({ mode }) => ({ mode }) })}
        >{t`Clear filters`}</Button>
      }
    />
  );
}

function NoPosts() {
  const { t } = useLingui();
  return (
    <Empty title={t`No posts yet`}>
      <Trans>Posts that are created with the API appear in this list.</Trans>
    </Empty>
  );
}
