import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import { approvalsList } from "../../contract/operations/approvals.ts";
import { postsList } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { may, needsApproval } from "../shell/workspace.ts";
import { labelOf, start } from "../start.ts";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading } from "../ui/surfaces.tsx";
import { PostRows } from "./post-rows.tsx";

const FRESH = { everyMilliseconds: 15_000 };
const SHOWN = 5;
/** Lists are by creation or by time, not by what happened last: of so many, the last are found. */
const MOST = 100;
const DUE_DAYS = 2;

/** What failed, what waits for the person, and which accounts must be reconnected. */
export function NeedsAttention() {
  const { t } = useLingui();
  const failed = useFailed("failed");
  const partial = useFailed("partial");
  const approvals = useRead(approvalsList, { query: { limit: MOST } }, { ...FRESH, enabled: may("posts_approve") });
  const sentBack = useOwn("sent_back");
  const approved = useOwn("approved");
  const accounts = useRead(accountsList, {}, { everyMilliseconds: 60_000 });
  const reads = [...failed.reads, ...partial.reads, approvals, sentBack.read, approved.read, accounts];
  const broken = reads.find(({ error }) => error !== null);
  const isLoading = reads.some((read) => read.isLoading);

  const posts = [...failed.posts, ...partial.posts]
    .toSorted((one, other) => other.updatedAt.localeCompare(one.updatedAt))
    .slice(0, SHOWN);
  const waiting = approvals.data?.approvals.length ?? 0;
  const troubled = accounts.data?.accounts.filter(({ tokenHealth }) => tokenHealth !== "healthy") ?? [];
  const count = failed.total + partial.total + waiting + sentBack.count + approved.count + troubled.length;
  const isCalm = !isLoading && broken === undefined && count === 0;

  return (
    <Card title={t`Needs attention`}>
      {broken !== undefined && broken.error !== null && (
        <Failure
          error={broken.error}
          onRetry={() => reads.forEach(({ error, refetch }) => error !== null && void refetch())}
        />
      )}
      {isLoading && broken === undefined && <Loading rows={2} />}
      {isCalm && <p className="text-sm text-dim">{t`Nothing failed, and nothing waits for you.`}</p>}
      {waiting > 0 && (
        <Line>
          <Link to="/approvals" className={LINK}>
            {approvals.data?.nextCursor === null
              ? plural(waiting, { one: "# post waits for approval", other: "# posts wait for approval" })
              : t`More than ${waiting} posts wait for approval`}
          </Link>
        </Line>
      )}
      {sentBack.count > 0 && (
        <Line>
          <Link to="/approvals" search={({ mode }) => ({ mode, view: "sent_back" as const })} className={LINK}>
            {plural(sentBack.count, {
              one: "# of your posts was sent back",
              other: "# of your posts were sent back",
            })}
          </Link>
        </Line>
      )}
      {approved.count > 0 && (
        <Line>
          <Link to="/approvals" search={({ mode }) => ({ mode, view: "approved" as const })} className={LINK}>
            {plural(approved.count, {
              one: "# of your posts is approved. You can publish it.",
              other: "# of your posts are approved. You can publish them.",
            })}
          </Link>
        </Line>
      )}
      {troubled.map((account) => (
        <Line key={account.id}>
          <Link to="/platforms" className={LINK}>
            <Trouble account={account} />
          </Link>
        </Line>
      ))}
      <PostRows posts={posts} withStatus />
      {failed.total + partial.total > posts.length && (
        <p className="flex flex-wrap gap-x-4 pt-2 text-sm">
          {failed.total > 0 && (
            <Link to="/posts" search={(before) => ({ ...before, status: "failed" as const })} className={ALL}>
              {t`All failed posts`}
            </Link>
          )}
          {partial.total > 0 && (
            <Link to="/posts" search={(before) => ({ ...before, status: "partial" as const })} className={ALL}>
              {t`All partly published posts`}
            </Link>
          )}
        </p>
      )}
    </Card>
  );
}

const LINK = "text-link underline";
/** Below each other on phones. */
const ALL = "inline-flex min-h-6 items-center text-link";

/**
 * The posts in a status that may have come to it last: the newest ones and, if there are more than can be compared,
 * those that were due in these days, however long ago they were written.
 */
function useFailed(status: "failed" | "partial") {
  const [from] = useState(() => new Date(Date.now() - DUE_DAYS * 86_400_000).toISOString());
  const newest = useRead(postsList, { query: { status, limit: MOST } }, FRESH);
  const total = newest.data?.total ?? 0;
  const ofDays = { status, scheduledFrom: from, limit: MOST };
  const due = useRead(postsList, { query: ofDays }, { ...FRESH, enabled: total > MOST });
  const offset = (due.data?.total ?? 0) - MOST;
  const last = useRead(postsList, { query: { ...ofDays, offset } }, { ...FRESH, enabled: offset > 0 });
  const reads = [newest, due, last];
  // Which failed last is known once all of them are there.
  const posts = reads.some(({ isLoading }) => isLoading) ? [] : reads.flatMap(({ data }) => data?.posts ?? []);
  return {
    reads,
    total,
    posts: [...new Map(posts.map((post) => [post.id, post])).values()],
  };
}

/** The person's own posts that somebody has decided about, if theirs must be approved. */
function useOwn(state: "approved" | "sent_back") {
  const read = useRead(approvalsList, { query: { state, limit: MOST } }, { ...FRESH, enabled: needsApproval });
  const own = read.data?.approvals.filter(({ member }) => member?.id === start.user.id) ?? [];
  return { read, count: own.length };
}

function Line({ children }: { children: ReactNode }) {
  return <p className="border-b py-2.5 text-sm last:border-b-0">{children}</p>;
}

function Trouble({ account: { platform, username, displayName, tokenHealth } }: { account: Account }) {
  const { t } = useLingui();
  const name = username ?? displayName ?? "";
  const label = labelOf(platform);
  return tokenHealth === "expiring"
    ? t`${label} ${name}: access ends soon. Reconnect the account.`
    : t`${label} ${name}: access has ended. Reconnect the account.`;
}
