import { useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { Suspense, use } from "react";

import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import { type PlatformSet, platformSetsList } from "../../contract/operations/platform-sets.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { cardOf } from "../preview/cards.ts";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, View } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { accountNow } from "./account-now.ts";
import { ApprovalNotice } from "./approval-notice.tsx";
import { OnPlatform } from "./on-platform.tsx";
import { PostActions } from "./post-actions.tsx";
import { PostNotFound } from "./post-not-found.tsx";
import { shownStatus } from "./shown-status.ts";
import { StatusTag } from "./status.tsx";
import { type FollowedPost, usePost } from "./use-post.ts";

/** A post: what each platform shows or will show, what became of it there, and what can be done. */
export function PostPage() {
  const { t } = useLingui();
  const { id } = useParams({ from: "/posts/$id" });
  const { data, error, refetch } = usePost(id);
  const accounts = useRead(accountsList);
  const sets = useRead(platformSetsList);
  if (data === undefined || accounts.isPending || sets.isPending)
    return (
      <View title={t`Post`} isWide>
        {error === null && <Loading />}
        {error?.code === "POST_NOT_FOUND" && <PostNotFound />}
        {error !== null && error.code !== "POST_NOT_FOUND" && <Failure error={error} onRetry={() => void refetch()} />}
      </View>
    );
  const { post, etag } = data;
  const followed = { post, etag, readAgain: async () => (await refetch()).data?.etag ?? null };
  return (
    <View title={t`Post`} actions={<PostActions followed={followed} accounts={accounts.data?.accounts ?? []} />} isWide>
      <div
        className={`grid items-start gap-4 *:min-w-0 ${post.platformPosts.length > 1 ? "" : "lg:grid-cols-[1fr_2fr]"}`}
      >
        <div className="space-y-4">
          <Facts post={post} sets={sets.data?.sets ?? []} />
          <ApprovalNotice post={post} />
        </div>
        <Suspense fallback={<Loading />}>
          <OnPlatforms followed={followed} accounts={accounts.data?.accounts ?? []} />
        </Suspense>
      </div>
    </View>
  );
}

/** All at once: a preview that came later would move what is below it. */
function OnPlatforms({ followed, accounts }: { followed: FollowedPost; accounts: readonly Account[] }) {
  const { platformPosts } = followed.post;
  for (const { platform } of platformPosts) use(cardOf(platform));
  return (
    <div className={`grid items-start gap-4 ${platformPosts.length > 1 ? "lg:grid-cols-2" : ""}`}>
      {platformPosts.map((platformPost) => (
        <OnPlatform
          key={platformPost.id}
          followed={followed}
          platformPost={platformPost}
          account={
            platformPost.status === "pending"
              ? accountNow(accounts, followed.post, platformPost)
              : accounts.find(({ id }) => id === platformPost.accountId)
          }
        />
      ))}
    </div>
  );
}

function Facts({ post, sets }: { post: Post; sets: readonly PlatformSet[] }) {
  const { t } = useLingui();
  const { status, scheduledFor, publishBy, publishedAt, createdAt, platformSetId, platformPosts } = post;
  const unknownCount = platformPosts.filter((each) => each.status === "unknown").length;
  const set = sets.find(({ id }) => id === platformSetId);
  const times = [
    [t`Published`, publishedAt],
    [t`Scheduled for`, scheduledFor],
    [t`Not after`, publishBy],
    [t`Created`, createdAt],
  ] as const;
  return (
    <Card title={t`Status`} actions={<StatusTag status={shownStatus({ status, unknownCount })} />}>
      <dl className="flex flex-wrap gap-x-10 gap-y-3 text-sm" aria-live="polite">
        {times.map(
          ([name, at]) =>
            at !== null && (
              <div key={name}>
                <dt className="text-dim">{name}</dt>
                <dd>
                  <Time at={at} withZone />
                </dd>
              </div>
            ),
        )}
        {set !== undefined && sets.length > 1 && (
          <div>
            <dt className="text-dim">{t`Platform set`}</dt>
            <dd>{set.name}</dd>
          </div>
        )}
      </dl>
    </Card>
  );
}
