import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { accountsList } from "../../contract/operations/accounts.ts";
import { type Media, mediaGet } from "../../contract/operations/media.ts";
import { type PlatformSet, platformSetsList } from "../../contract/operations/platform-sets.ts";
import { platformsList } from "../../contract/operations/platforms.ts";
import { type Post, postsGet } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { mayEdit } from "../posts/may-edit.ts";
import { PostNotFound } from "../posts/post-not-found.tsx";
import { useMode } from "../shell/mode.ts";
import { needsApproval, queryIn } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { buttonClass } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Empty, Loading, View } from "../ui/surfaces.tsx";
import { copyOf, type Draft, draftOf, emptyDraft, itemOfStored, localTimeAt, type When } from "./draft.ts";
import { Editor } from "./editor.tsx";
import { type Kept, readKept, readTime } from "./kept.ts";
import type { Saved } from "./saving.ts";
import { fieldsOf } from "./schema.ts";

/** Where a post is written: a new one, a copy of one, or one that is not published yet. */
export function Compose() {
  const mode = useMode();
  const { post, from, at, zone, media, kept } = useSearch({ from: "/compose" });
  const [own, setOwn] = useState<{ id: string; key: string; isOpen: boolean } | null>(null);
  const [count, setCount] = useState(0);
  // A post that was created here goes on being written until another one is opened.
  const isOwn = own !== null && post === own.id && own.key.startsWith(`${mode} `);
  if (isOwn && !own.isOpen) setOwn({ ...own, isOpen: true });
  if (own?.isOpen === true && !isOwn) {
    setOwn(null);
    setCount(count + 1);
  }
  const key = isOwn ? own.key : `${mode} ${post ?? ""} ${from ?? ""} ${media ?? ""} ${kept ?? ""} ${count}`;
  return (
    <Loaded
      key={key}
      isCopy={post === undefined && from !== undefined}
      sourceId={isOwn ? undefined : (post ?? from)}
      at={at}
      zone={zone}
      mediaId={media}
      keptKey={kept}
      onCreated={(id) => setOwn({ id, key, isOpen: false })}
    />
  );
}

interface LoadedProps {
  sourceId: string | undefined;
  isCopy: boolean;
  at: string | undefined;
  zone: string | undefined;
  mediaId: string | undefined;
  keptKey: string | undefined;
  onCreated: (id: string) => void;
}

function Loaded({ sourceId: given, isCopy, at, zone, mediaId, keptKey, onCreated }: LoadedProps) {
  const { t } = useLingui();
  const mode = useMode();
  // What the view was opened with, also once it has a post of its own.
  const [sourceId] = useState(given);
  const sets = useRead(platformSetsList);
  const accounts = useRead(accountsList);
  const platforms = useRead(platformsList);
  const source = useRead(postsGet, { params: { id: sourceId ?? "" } }, { enabled: sourceId !== undefined });
  const stored = useRead(mediaGet, { params: { id: mediaId ?? "" } }, { enabled: mediaId !== undefined });
  const [described, setDescribed] = useState<ReturnType<typeof describe>>();
  if (described === undefined && platforms.data !== undefined) setDescribed(describe(platforms.data.platforms));
  const [opened, setOpened] = useState<{ draft: Draft; saved: Saved | null; continued: Kept | null }>();
  const title = sourceId === undefined || isCopy ? t`New post` : t`Edit post`;
  const failed = [sets, accounts, platforms, source, stored].find(({ error }) => error !== null);
  if (failed !== undefined && failed.error !== null && opened === undefined)
    return (
      <View title={title} isWide>
        {failed.error.code === "POST_NOT_FOUND" ? (
          <PostNotFound />
        ) : (
          <Failure error={failed.error} onRetry={() => void failed.refetch()} />
        )}
      </View>
    );
  const loading = (
    <View title={title} isWide>
      <Loading />
    </View>
  );
  if (sets.data === undefined || accounts.data === undefined || described === undefined) return loading;
  const { accounts: all } = accounts.data;
  if (all.length === 0) return <NoAccounts />;
  if (opened === undefined) {
    if (sourceId !== undefined && source.data === undefined) return loading;
    if (mediaId !== undefined && stored.data === undefined) return loading;
    const post = source.data?.post;
    const edited = isCopy ? undefined : post;
    const when = needsApproval
      ? whenOf(undefined, undefined)
      : edited?.status === "draft"
        ? (readTime(mode, edited.id) ?? whenOf(at, zone))
        : whenOf(edited?.scheduledFor ?? at, zone);
    const kept = keptKey === undefined ? null : readKept(mode, keptKey);
    const set = firstSet(
      sets.data.sets,
      all.map(({ platformSetId }) => platformSetId),
    );
    const draft = post === undefined ? emptyDraft(set, when) : draftOf(post, when);
    setOpened({
      draft: withMedia(
        isCopy ? copyOf(draft, (platform) => described.get(platform)?.capabilities.sharing) : draft,
        stored.data?.media,
      ),
      saved: edited === undefined ? null : { post: edited, etag: source.data?.etag ?? null },
      continued: kept?.version?.post.id === edited?.id ? kept : null,
    });
    return loading;
  }
  if (opened.saved !== null && !mayEdit(opened.saved.post.status)) return <NotEditable {...opened.saved.post} />;
  return (
    <Editor
      initial={opened.draft}
      opened={opened.saved}
      continued={opened.continued}
      sets={sets.data.sets}
      accounts={all}
      described={described}
      title={opened.saved === null ? t`New post` : t`Edit post`}
      onCreated={onCreated}
    />
  );
}

function withMedia(draft: Draft, media: Media | undefined): Draft {
  return media === undefined ? draft : { ...draft, media: [...draft.media, itemOfStored(media)] };
}

function describe(platforms: readonly { name: PlatformSetName; capabilities: object; settings: object }[]) {
  return new Map(
    platforms.map(({ name, capabilities, settings }) => [
      name,
      { name, capabilities: Object(capabilities), fields: fieldsOf(settings) },
    ]),
  );
}

type PlatformSetName = (typeof start.platforms)[number]["name"];

/** The default set if it has accounts, otherwise one that has. */
function firstSet(sets: readonly PlatformSet[], withAccounts: readonly string[]): string {
  const inOrder = sets.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault));
  return (inOrder.find(({ id }) => withAccounts.includes(id)) ?? inOrder[0])?.id ?? "";
}

const TOMORROW = 86_400_000;

function whenOf(at: string | undefined, timeZone = start.user.timeZone): When {
  const instant = Date.parse(at ?? "");
  const isSet = !Number.isNaN(instant);
  return {
    kind: isSet ? "at" : "draft",
    local: isSet
      ? localTimeAt(instant, timeZone)
      : `${localTimeAt(Date.now() + TOMORROW, timeZone).slice(0, 10)}T09:00`,
    at: isSet ? new Date(instant).toISOString() : null,
    timeZone,
  };
}

function NoAccounts() {
  const { t } = useLingui();
  const mode = useMode();
  return (
    <View title={t`New post`}>
      <Empty
        title={t`Connect an account first`}
        action={
          <a href={`/platforms?${queryIn(mode)}`} className={buttonClass("main")}>
            {t`Connect an account`}
          </a>
        }
      >
        <Trans>A post is published by the accounts that you connect.</Trans>
      </Empty>
    </View>
  );
}

function NotEditable({ id, status }: Pick<Post, "id" | "status">) {
  const { t } = useLingui();
  return (
    <View title={t`Edit post`}>
      <Empty
        title={status === "scheduled" ? t`This post is scheduled` : t`This post cannot be changed any more`}
        action={
          <>
            <Link to="/posts/$id" params={{ id }} className={buttonClass()}>
              {t`Open the post`}
            </Link>
            <Link to="/compose" search={({ mode }) => ({ mode, from: id })} className={buttonClass("main")}>
              {t`Write a copy`}
            </Link>
          </>
        }
      >
        {status === "scheduled" ? t`To edit it, make it a draft first.` : undefined}
      </Empty>
    </View>
  );
}
