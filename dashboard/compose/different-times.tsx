import { useLingui } from "@lingui/react/macro";
import { useQueries } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useContext, useState } from "react";

import { type AccountPostingTimesAnswer, accountsGetPostingTimes } from "../../contract/operations/posting-times.ts";
import { type Post, postsValidate } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { areSameTimes } from "../../model/posting-times.ts";
import { ask } from "../api/ask.ts";
import { keyOf } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Said } from "../words/use-words.tsx";
import { DraftContext, useComposer } from "./context.ts";
import { bodyOf, type Draft, type When } from "./draft.ts";
import { missingDisclosures } from "./issues.ts";
import type { useSaving } from "./saving.ts";
import { useFilesOf } from "./uploads.ts";

export type PartsOfSaving = Pick<ReturnType<typeof useSaving>, "save" | "createBeside" | "saved">;

/** What became of scheduling a post for each group: which exist, and why the others do not. */
interface Outcome {
  scheduled: readonly Post[];
  refused: readonly { platforms: readonly PlatformName[]; message: string }[];
}

/**
 * If the accounts of the post have different posting times: when each is free next, and a button that schedules a post for
 * each group with the same. What it could not schedule stays in the composer.
 */
export function DifferentTimes({
  platforms,
  commonAt,
  when,
  save,
  createBeside,
  saved,
}: { platforms: readonly PlatformName[]; commonAt: string | null; when: When } & PartsOfSaving) {
  const { t, i18n } = useLingui();
  const mode = useMode();
  const toasts = useToasts();
  const navigate = useNavigate();
  const { accountOf, described, note, latest } = useComposer();
  const draft = useContext(DraftContext);
  const { areAwaited } = useFilesOf(draft);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [isBusy, setBusy] = useState(false);
  const groups = useTimesGroups(platforms);
  const all = groups.flat();
  const without = all.filter(({ times }) => Object.keys(times.times).length === 0);
  const namesOf = (platforms: readonly PlatformName[]) =>
    new Intl.ListFormat(i18n.locale).format(platforms.map(labelOf));

  /** What is wrong with each post. */
  const check = async (parts: readonly Draft[]): Promise<Outcome["refused"]> => {
    const found = await Promise.all(
      parts.map(async (part) => {
        const { issues } = await ask(postsValidate, mode, { body: bodyOf(part, when) });
        return [...missingDisclosures(part, described), ...issues].map(({ message }) => ({
          platforms: part.platforms,
          message,
        }));
      }),
    );
    return found.flat();
  };

  const schedule = async (whole: Draft) => {
    const parts = groups.map((group): Draft => {
      const platforms = group.map(({ platform }) => platform);
      return { ...whole, platforms, others: whole.others.filter((platform) => !whole.platforms.includes(platform)) };
    });
    const scheduled: Post[] = [];
    setOutcome(null);
    try {
      const refused = await check(parts);
      if (refused.length > 0) {
        setOutcome({ scheduled, refused });
        return;
      }
      // A scheduled post would have taken times from its parts.
      if (saved.current?.post.status === "scheduled") await save(whole, { ...when, kind: "draft" });
      for (const part of parts) {
        const isLast = part === parts.at(-1);
        const post = isLast ? (await save(part, when)).post : await createBeside(part, when);
        scheduled.push(post);
        if (isLast) note((before) => (before === whole ? part : before));
      }
      toasts.say(t`${parts.length} posts have been scheduled.`);
      await navigate({ to: "/posts", ignoreBlocker: true });
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error));
      const done = new Set(scheduled.flatMap(({ platformPosts }) => platformPosts.map(({ platform }) => platform)));
      const left = whole.platforms.filter((platform) => !done.has(platform));
      if (done.size > 0)
        note((before) => ({ ...before, platforms: before.platforms.filter((platform) => !done.has(platform)) }));
      setOutcome({ scheduled, refused: [{ platforms: left, message }] });
    }
  };

  if (groups.length < 2 && outcome === null) return null;
  return (
    <div className="ms-7 space-y-3 pb-2 text-sm">
      {groups.length > 1 && (
        <>
          <p>{t`These accounts have different posting times. When each is free next:`}</p>
          <ul className="space-y-1">
            {all.map(({ platform, times }) => {
              const account = accountOf(platform);
              return (
                <li key={platform} className="flex flex-wrap gap-x-2">
                  <span className="font-semibold">{labelOf(platform)}</span>
                  <span className="min-w-0 truncate text-dim">{account?.username ?? account?.displayName}</span>
                  <span>
                    {times.nextFreeAt !== null ? (
                      <Time at={times.nextFreeAt} withZone />
                    ) : Object.keys(times.times).length === 0 ? (
                      t`No posting times`
                    ) : (
                      t`No free time within a year`
                    )}
                  </span>
                </li>
              );
            })}
          </ul>
          <p>
            {commonAt === null
              ? t`One post for all of them cannot be scheduled like this.`
              : t`The time above is the first one that all of them have.`}
          </p>
          {without.length === 0 && (
            <Button
              isBusy={isBusy}
              disabled={draft === null || areAwaited}
              onClick={() => {
                setBusy(true);
                void schedule(latest()).finally(() => setBusy(false));
              }}
            >
              {t`Schedule ${groups.length} posts instead`}
            </Button>
          )}
        </>
      )}
      {outcome !== null && (
        <Notice tone="bad">
          {outcome.scheduled.length === 0 ? (
            <p className="font-semibold">{t`Nothing has been scheduled.`}</p>
          ) : (
            <>
              <p className="font-semibold">{t`These posts have been scheduled:`}</p>
              <ul className="mb-2 list-disc ps-5">
                {outcome.scheduled.map(({ id, platformPosts, scheduledFor }) => (
                  <li key={id}>
                    <Link to="/posts/$id" params={{ id }} className="underline">
                      {namesOf(platformPosts.map(({ platform }) => platform))}
                    </Link>
                    {scheduledFor !== null && (
                      <>
                        : <Time at={scheduledFor} withZone />
                      </>
                    )}
                  </li>
                ))}
              </ul>
              <p className="font-semibold">{t`The rest is still here, and not scheduled:`}</p>
            </>
          )}
          <ul className="list-disc ps-5">
            {outcome.refused.map(({ platforms, message }) => (
              <li key={`${platforms.join()} ${message}`}>
                {namesOf(platforms)}: <Said text={message} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}

/** Accounts of the post with the same posting times, and the next one of each. */
type TimesGroup = readonly { platform: PlatformName; times: AccountPostingTimesAnswer }[];

/** One group if all accounts have the same times; none until all are known. */
function useTimesGroups(platforms: readonly PlatformName[]): readonly TimesGroup[] {
  const mode = useMode();
  const { accountOf } = useComposer();
  const connected = platforms.flatMap((platform) => {
    const id = accountOf(platform)?.id;
    return id === undefined ? [] : [{ platform, id }];
  });
  const answers = useQueries({
    queries: connected.map(({ id }) => ({
      queryKey: keyOf(accountsGetPostingTimes, mode, { params: { id } }),
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(accountsGetPostingTimes, mode, { params: { id }, signal }),
    })),
  });
  const groups: TimesGroup[] = [];
  for (const [index, { platform }] of connected.entries()) {
    const times = answers[index]?.data?.postingTimes;
    if (times === undefined) return [];
    const place = groups.findIndex(([first]) => first !== undefined && areSameTimes(first.times, times));
    if (place === -1) groups.push([{ platform, times }]);
    else groups[place] = [...(groups[place] ?? []), { platform, times }];
  }
  return groups;
}
