import { z } from "zod";

import type { LiveCheck, Note } from "../platform.ts";
import { readClientToken } from "./oauth.ts";

export const check: LiveCheck = {
  async app(http, app) {
    await readClientToken(http, app);
    return [];
  },
  /** The profile read has asked for the creator info, which is missing once the daily posts are used up. */
  account: async ({ metadata, environment }) => ({ notes: notesOf(creator.safeParse(metadata).data, environment) }),
};

const creator = z.object({
  privacyLevelOptions: z.array(z.string()),
  isPrivate: z.boolean(),
  maxVideoPostDurationSec: z.number().nullable(),
});

function notesOf(offered: z.infer<typeof creator> | undefined, environment: Readonly<Record<string, string>>): Note[] {
  if (offered === undefined)
    return [{ message: "The creator has used up the daily posts.", cure: "Wait until tomorrow." }];
  const { privacyLevelOptions: levels, isPrivate, maxVideoPostDurationSec: seconds } = offered;
  if (environment["TIKTOK_PRIVATE_POSTS_ONLY"] === "true" && !isPrivate)
    return [
      {
        message: "The TikTok account is public. An app that TikTok has not audited can post only to private accounts.",
        cure: "Until TikTok has audited the app, set the TikTok account to private.",
      },
    ];
  const videos = seconds === null ? "" : `, videos of up to ${seconds} s`;
  const message = `TikTok offers this creator ${levels.join(", ") || "no privacy level"}${videos}.`;
  return [levels.length > 0 ? { message } : { message, cure: "Check the account in the TikTok app." }];
}
