import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import { approvalsList } from "../../contract/operations/approvals.ts";
import { postsList } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { labelOf } from "../start.ts";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading } from "../ui/surfaces.tsx";
import { PostRows } from "./post-rows.tsx";

const FRESH = { everyMilliseconds: 15_000 };
const SHOWN = 5;

/** What failed, what waits for a person, and which accounts must be reconnected. */
export function NeedsAttention() {
  const { t } = useLingui();
  const failed = useRead(postsList, { query: { status: "failed", limit: SHOWN } }, FRESH);
  const partial = useRead(postsList, { query: { status: "partial", limit: SHOWN } }, FRESH);
  const approvals = useRead(approvalsList, { query: { limit: 100 } }, FRESH);
  const accounts = useRead(accountsList, {}, { everyMilliseconds: 60_000 });
  const reads = [failed, partial, approvals, accounts];
  const broken = reads.find(({ error }) => error !== null);
  const isLoading = reads.some(({ isPending }) => isPending);

  const posts = [...(failed.data?.posts ?? []), ...(partial.data?.posts ?? [])]
    .toSorted((one, other) => other.updatedAt.localeCompare(one.updatedAt))
    .slice(0, SHOWN);
  const total = (failed.data?.total ?? 0) + (partial.data?.total ?? 0);
  const waiting = approvals.data?.approvals.length ?? 0;
  const troubled = accounts.data?.accounts.filter(({ tokenHealth }) => tokenHealth !== "healthy") ?? [];
  const isCalm = !isLoading && broken === undefined && total + waiting + troubled.length === 0;

  return (
    <Card title={t`Needs attention`}>
      {broken !== undefined && broken.error !== null && (
        <Failure error={broken.error} onRetry={() => reads.forEach((read) => void read.refetch())} />
      )}
      {isLoading && broken === undefined && <Loading rows={2} />}
      {isCalm && <p className="text-sm text-dim">{t`Nothing failed, and nothing waits for you.`}</p>}
      {waiting > 0 && (
        <Line>
          <Link to="/approvals" className="text-link underline">
            {approvals.data?.nextCursor === null
              ? plural(waiting, { one: "# post waits for approval", other: "# posts wait for approval" })
              : t`More than ${waiting} posts wait for approval`}
          </Link>
        </Line>
      )}
      {troubled.map((account) => (
        <Line key={account.id}>
          <Link to="/platforms" className="text-link underline">
            <Trouble account={account} />
          </Link>
        </Line>
      ))}
      <PostRows posts={posts} withStatus />
      {total > posts.length && (
        <p className="pt-2 text-sm">
          <Link to="/posts" search={(before) => ({ ...before, status: "failed" as const })} className="text-link">
            {t`All failed posts`}
          </Link>
        </p>
      )}
    </Card>
  );
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
