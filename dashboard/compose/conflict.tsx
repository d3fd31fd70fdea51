import { useLingui } from "@lingui/react/macro";

import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { type Post, postsGet } from "../../contract/operations/posts.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { useRead } from "../api/use-api.ts";
import { SettingsList } from "../posts/settings-list.tsx";
import { StatusTag } from "../posts/status.tsx";
import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { changesOf, type Part } from "./changes.ts";
import { settingsIn } from "./draft.ts";
import type { Saved } from "./saving.ts";

const FRESH_MILLISECONDS = 5_000;

/** What somebody else has made of the post meanwhile. Only what is shown here is replaced. */
export function Conflict({
  known,
  onOverrule,
  onLoad,
}: {
  known: Saved;
  onOverrule: (theirs: Saved) => void;
  onLoad: () => void;
}) {
  const { t } = useLingui();
  const { id } = known.post;
  const { data, error, refetch, isFetchedAfterMount } = useRead(
    postsGet,
    { params: { id } },
    { everyMilliseconds: FRESH_MILLISECONDS },
  );
  const theirs = isFetchedAfterMount && data !== undefined ? data : null;
  const changes = theirs === null ? [] : changesOf(known.post, theirs.post);
  return (
    <Notice tone="warn">
      <p className="font-semibold">{t`Somebody else has changed this post.`}</p>
      <p>{t`What you wrote is still here. It is saved only if you say so, and then replaces this:`}</p>
      {theirs === null && error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {theirs !== null && changes.length === 0 && (
        <p className="mt-2">{t`Texts, media, settings and time are as you know them.`}</p>
      )}
      <dl className="mt-2 space-y-2 text-ink">
        {changes.map((part) => (
          <div key={`${part.of} ${part.platform}`}>
            <dt className="font-semibold">
              <PartName part={part} />
            </dt>
            <dd className="wrap-anywhere whitespace-pre-wrap">
              {theirs !== null && <PartNow part={part} post={theirs.post} />}
            </dd>
          </div>
        ))}
      </dl>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button
          disabled={theirs === null}
          onClick={() => theirs !== null && onOverrule(theirs)}
        >{t`Keep my version`}</Button>
        <Button onClick={onLoad}>{t`Load theirs`}</Button>
      </div>
    </Notice>
  );
}

function PartName({ part: { of, platform } }: { part: Part }) {
  const { t } = useLingui();
  const names: Record<Part["of"], string> = {
    text: t`Text`,
    link: t`Link`,
    media: t`Media`,
    settings: t`Settings`,
    platforms: t`Platforms`,
    set: t`Platform set`,
    time: t`When`,
    status: t`Status`,
  };
  return platform === null ? names[of] : `${labelOf(platform)}: ${names[of]}`;
}

function PartNow({ part: { of, platform, words }, post }: { part: Part; post: Post }) {
  const { t } = useLingui();
  const sets = useRead(platformSetsList).data?.sets ?? [];
  switch (of) {
    case "platforms":
      return post.platformPosts.map(({ platform }) => labelOf(platform)).join(", ");
    case "set":
      return sets.find(({ id }) => id === post.platformSetId)?.name;
    case "time":
      return post.scheduledFor === null ? t`Not scheduled.` : <Time at={post.scheduledFor} withZone />;
    case "status":
      return <StatusTag status={post.status} />;
    case "settings": {
      const settings = platform === null ? {} : settingsIn(post, platform);
      if (platform === null || Object.keys(settings).length === 0) return t`Nothing`;
      return <SettingsList platform={platform} settings={settings} />;
    }
    default:
      return words === "" ? t`Nothing` : withoutTurns(words);
  }
}
