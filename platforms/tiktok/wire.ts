import { z } from "zod";

/** TikTok's responses, only the fields that are used. Only `error.code` "ok" means success, whatever the status. */
export const envelope = z.object({
  data: z.unknown(),
  error: z.object({
    code: z.string(),
    message: z.string().nullish(),
    log_id: z.string().nullish(),
    logid: z.string().nullish(),
  }),
});

/** Sign-in errors, sometimes with status 200. */
export const oauthRefusal = z.object({
  error: z.string(),
  error_description: z.string().nullish(),
  log_id: z.string().nullish(),
});

export const token = z.object({
  access_token: z.string().min(1),
  expires_in: z.number(),
  open_id: z.string().min(1),
  refresh_token: z.string().min(1),
  refresh_expires_in: z.number().nullish(),
  scope: z.string().nullish(),
});

export const clientToken = z.object({ access_token: z.string().min(1) });

export const userInfo = z.object({
  user: z.object({
    open_id: z.string().min(1),
    union_id: z.string().nullish(),
    avatar_url: z.string().nullish(),
    display_name: z.string().nullish(),
  }),
});

export const creatorInfo = z.object({
  creator_username: z.string(),
  creator_nickname: z.string().nullish(),
  privacy_level_options: z.array(z.string()),
  comment_disabled: z.boolean().nullish(),
  duet_disabled: z.boolean().nullish(),
  stitch_disabled: z.boolean().nullish(),
  max_video_post_duration_sec: z.number().nullish(),
});

export type CreatorInfo = z.infer<typeof creatorInfo>;

/** The upload URL can be on any of TikTok's hosts; it is a secret. */
export const uploadTask = z.object({ publish_id: z.string().min(1), upload_url: z.url({ protocol: /^https$/ }) });

export const photoTask = z.object({ publish_id: z.string().min(1) });

/** Ids of 19 digits do not fit a number; the HTTP kit reads those as text. */
const postIds = z.array(z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(/^\d+$/)));

/** TikTok misspells the list of ids; the right spelling is read as well, in case it is mended. */
export const publishStatus = z.object({
  status: z.string(),
  fail_reason: z.string().nullish(),
  uploaded_bytes: z.number().nullish(),
  publicaly_available_post_id: postIds.nullish(),
  publicly_available_post_id: postIds.nullish(),
});

export type PublishStatus = z.infer<typeof publishStatus>;
