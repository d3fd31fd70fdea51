import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { postsList, type PostSummary } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { StatusTag } from "../posts/status.tsx";
import { labelOf, start } from "../start.ts";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, View } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { NeedsAttention } from "./attention.tsx";
import { PublishingMenu, PublishingState } from "./publishing-state.tsx";
import { Statistics } from "./statistics.tsx";

const FRESH_MILLISECONDS = 15_000;
const GettingStarted = lazy(async () => ({ default: (await import("./getting-started.tsx")).GettingStarted }));

/** What goes out next, what needs somebody, and how publishing has gone. */
export function Home() {
  const { t } = useLingui();
  const { name } = start.user;
  return (
    <View title={name === "" ? t`Home` : t`Hello, ${name}`} isWide actions={<PublishingMenu />}>
      <PublishingState />
      <Suspense fallback={null}>
        <GettingStarted />
      </Suspense>
      <div className="grid items-start gap-4 *:min-w-0 lg:grid-cols-2">
        <NeedsAttention />
        <Next />
      </div>
      <Statistics />
    </View>
  );
}

function Next() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(
    postsList,
    { query: { status: "scheduled", scheduledFrom: "2000-01-01T00:00:00Z", limit: 5 } },
    { everyMilliseconds: FRESH_MILLISECONDS },
  );
  return (
    <Card
      title={t`Next`}
      actions={
        <Link to="/calendar" className="text-sm text-link">
          {t`Calendar`}
        </Link>
      }
    >
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={2} />}
      {data?.posts.length === 0 && <p className="text-sm text-dim">{t`Nothing is scheduled.`}</p>}
      <PostRows posts={data?.posts ?? []} />
    </Card>
  );
}

/** Posts below each other, each with the way to it. */
export function PostRows({ posts, withStatus = false }: { posts: readonly PostSummary[]; withStatus?: boolean }) {
  const { t } = useLingui();
  return (
    <ul className="divide-y">
      {posts.map(({ id, textPreview, platforms, status, scheduledFor, updatedAt }) => (
        <li key={id}>
          <Link
            to="/posts/$id"
            params={{ id }}
            className="flex items-center justify-between gap-3 py-2.5 text-ink no-underline hover:underline"
          >
            <span className="min-w-0">
              <span className="block truncate text-sm font-medium">
                {textPreview === "" ? t`No text` : textPreview}
              </span>
              <span className="block truncate text-xs text-dim">{platforms.map(labelOf).join(", ")}</span>
            </span>
            <span className="shrink-0 text-end text-xs text-dim">
              {withStatus && <StatusTag status={status} />}
              <span className="block pt-0.5">
                <Time at={withStatus ? updatedAt : (scheduledFor ?? updatedAt)} />
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
