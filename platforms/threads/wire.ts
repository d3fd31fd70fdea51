import { z } from "zod";

/** Threads' answers, only the members that are read. Ids are strings of digits; a few come as bare numbers. */
const id = z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(/^\d+$/));

export const created = z.object({ id });

export const containerStatus = z.object({ status: z.string(), error_message: z.string().nullish() });

export const mediaLink = z.object({ permalink: z.url({ protocol: /^https$/ }).nullish() });

export const mediaList = z.object({
  data: z.array(
    z.object({
      id,
      media_type: z.string().nullish(),
      permalink: z.url({ protocol: /^https$/ }).nullish(),
      text: z.string().nullish(),
      timestamp: z.string(),
      replied_to: z.object({ id }).nullish(),
    }),
  ),
});

export type ListedMedia = z.infer<typeof mediaList>["data"][number];

const quota = z.object({ quota_total: z.number() });

export const publishingLimit = z.object({
  data: z.array(
    z.object({
      quota_usage: z.number().nullish(),
      config: quota.nullish(),
      reply_quota_usage: z.number().nullish(),
      reply_config: quota.nullish(),
    }),
  ),
});

export const shortToken = z.object({ access_token: z.string().min(1) });

export const longToken = z.object({ access_token: z.string().min(1), expires_in: z.number().nullish() });

export const tokenFacts = z.object({ data: z.object({ scopes: z.array(z.string()) }) });

export const profile = z.object({
  id,
  username: z.string().nullish(),
  name: z.string().nullish(),
  threads_profile_picture_url: z.string().nullish(),
  threads_biography: z.string().nullish(),
  is_verified: z.boolean().nullish(),
});
