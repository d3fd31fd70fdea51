import { useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";

import { type PlatformPost, type Post, postsGet, postsPublish, postsRetry } from "../../contract/operations/posts.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { labelOf } from "../start.ts";
import { Button, OutLink } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Notice, View } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { StatusTag } from "./status.tsx";

/** A post: what it says, and what became of it on each platform. */
export function PostPage() {
  const { t } = useLingui();
  const { id } = useParams({ from: "/posts/$id" });
  const { data, error, refetch } = useRead(postsGet, { params: { id } }, { everyMilliseconds: 5_000 });
  if (data === undefined)
    return (
      <View title={t`Post`}>
        {error === null ? <Loading /> : <Failure error={error} onRetry={() => void refetch()} />}
      </View>
    );
  const { post } = data;
  return (
    <View title={t`Post`} actions={<Actions post={post} etag={data.etag} />}>
      <Card title={<StatusTag status={post.status} />}>
        <p className="whitespace-pre-wrap">{post.content.text}</p>
        {post.scheduledFor !== null && (
          <p className="mt-3 text-sm text-dim">
            {t`Scheduled for`} <Time at={post.scheduledFor} withZone />
          </p>
        )}
      </Card>
      {post.platformPosts.map((platformPost) => (
        <OnPlatform key={platformPost.id} platformPost={platformPost} />
      ))}
    </View>
  );
}

function Actions({ post, etag }: { post: Post; etag: string | null }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const publish = useWrite(postsPublish);
  const retry = useWrite(postsRetry);
  const given = { params: { id: post.id }, ifMatch: etag ?? undefined };
  const failed = { onError: toasts.sayFailure };
  if (post.status === "draft" || post.status === "scheduled")
    return (
      <Button kind="main" isBusy={publish.isPending} onClick={() => publish.mutate(given, failed)}>
        {t`Publish now`}
      </Button>
    );
  if (post.status === "failed" || post.status === "partial")
    return (
      <Button kind="main" isBusy={retry.isPending} onClick={() => retry.mutate(given, failed)}>
        {t`Retry`}
      </Button>
    );
  return null;
}

function OnPlatform({ platformPost }: { platformPost: PlatformPost }) {
  const { t } = useLingui();
  const { platform, status, error, publishedAt, publishedUrl, sandboxUrl } = platformPost;
  const link = sandboxUrl ?? publishedUrl;
  return (
    <Card title={labelOf(platform)} actions={<StatusTag status={status} />}>
      {publishedAt !== null && (
        <p className="text-sm text-dim">
          <Time at={publishedAt} withZone />
        </p>
      )}
      {link !== null && <OutLink href={link}>{t`Open the post`}</OutLink>}
      {error !== null && <Notice tone="bad">{error.message}</Notice>}
    </Card>
  );
}
