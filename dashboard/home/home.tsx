import { useLingui } from "@lingui/react/macro";
import { Link, useSearch } from "@tanstack/react-router";
import { Suspense, useState } from "react";

import { postsList } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { may } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { Failure } from "../ui/failure.tsx";
import { later } from "../ui/later.ts";
import { Card, Loading, Notice, View } from "../ui/surfaces.tsx";
import { NeedsAttention } from "./attention.tsx";
import { PostRows } from "./post-rows.tsx";
import { HomeMenu, PublishingState } from "./publishing-state.tsx";
import { Statistics } from "./statistics.tsx";

const FRESH_MILLISECONDS = 15_000;
const STORED = "ampost.gettingStarted";
const GettingStarted = later(async () => (await import("./getting-started.tsx")).GettingStarted);

/** What goes out next, what needs somebody, and how publishing has gone. */
export function Home() {
  const { t } = useLingui();
  const { name } = start.user;
  const { connected } = useSearch({ from: "/" });
  const [steps, setSteps] = useState<"shown" | "hidden" | null>(() =>
    localStorage.getItem(STORED) === "hidden" ? "hidden" : null,
  );
  const [isListShown, setListShown] = useState(false);
  const show = (next: "shown" | "hidden") => {
    if (next === "hidden") localStorage.setItem(STORED, next);
    else localStorage.removeItem(STORED);
    setSteps(next);
  };
  const canStart = may("keys_create");
  const others = canStart && !isListShown ? [{ name: t`Getting started`, onSelect: () => show("shown") }] : [];
  return (
    <View title={name === "" ? t`Home` : t`Hello, ${name}`} isWide actions={<HomeMenu others={others} />}>
      {connected !== undefined && <Notice tone="good">{t`The account has been connected.`}</Notice>}
      <PublishingState />
      {canStart && steps !== "hidden" && (
        <Suspense fallback={<Loading />}>
          <GettingStarted isAsked={steps === "shown"} onHide={() => show("hidden")} onShown={setListShown} />
        </Suspense>
      )}
      <div className="grid gap-4 *:min-w-0 lg:grid-cols-2">
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
