import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";

import type { AmpostError } from "../../client/errors.ts";
import { type AccountPostingTimesAnswer, accountsGetPostingTimes } from "../../contract/operations/accounts.ts";
import { postsValidate } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { areSameTimes } from "../../model/posting-times.ts";
import { type Answer, ask } from "../api/ask.ts";
import { keyOf } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { useComposer } from "./context.ts";

/** Accounts of the post with the same posting times, and the next one of each. */
export type TimesGroup = readonly { platform: PlatformName; times: AccountPostingTimesAnswer }[];

/** One group if all accounts have the same times; none until all are known. */
export function useTimesGroups(platforms: readonly PlatformName[]): readonly TimesGroup[] {
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

/** The next posting time that all accounts have, by the rules of the server, which decides only when it is taken. */
export function useNextTime(platformSetId: string, platforms: readonly PlatformName[]) {
  const mode = useMode();
  const body = { content: { text: "-" }, platforms: [...platforms], platformSetId, nextPostingTime: true };
  const { data } = useQuery<Answer<typeof postsValidate>, AmpostError>({
    // Read again with every change of posts.
    queryKey: ["api", "v1", "posts", "next-posting-time", mode, platformSetId, platforms],
    queryFn: ({ signal }) => ask(postsValidate, mode, { body, signal }),
    placeholderData: keepPreviousData,
  });
  return data?.scheduledFor ?? null;
}
