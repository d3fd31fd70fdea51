import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { AmpostError } from "../../client/errors.ts";
import { postsValidate } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { type Answer, ask } from "../api/ask.ts";
import { useMode } from "../shell/mode.ts";

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
  return {
    at: data?.scheduledFor ?? null,
    /** The accounts have posting times, and none in common. */
    isDifferent: data?.issues.some(({ rule }) => rule === "nextPostingTime.differ") === true,
  };
}
