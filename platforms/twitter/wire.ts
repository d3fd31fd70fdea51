import { z } from "zod";

/** X's responses, only the fields that are used. IDs are strings of digits. Source: X OpenAPI 2.167, 2026-08-22. */
const id = z.string().regex(/^\d{1,19}$/);

export const created = z.object({ data: z.object({ id }) });

const processing = z.object({
  state: z.string(),
  check_after_secs: z.number().nullish(),
  error: z.object({ name: z.string().nullish(), message: z.string().nullish() }).nullish(),
});

export const uploaded = z.object({ data: z.object({ id, processing_info: processing.nullish() }) });

export type Processing = z.infer<typeof processing>;

/** Responses without a needed body: older deployments send none. */
export const anything = z.unknown();

const link = z.object({ url: z.string(), expanded_url: z.string().nullish(), media_key: z.string().nullish() });

const entities = z.object({ urls: z.array(link).nullish() }).nullish();

const references = z.array(z.object({ type: z.string(), id: z.string() })).nullish();

const longText = z.object({ text: z.string(), entities }).nullish();

const listedPost = z.object({
  id,
  text: z.string(),
  created_at: z.string().nullish(),
  entities,
  attachments: z
    .object({ media_keys: z.array(z.string()).nullish(), poll_ids: z.array(z.string()).nullish() })
    .nullish(),
  // The documentation says tweet where the specification says post.
  referenced_tweets: references,
  referenced_posts: references,
  note_tweet: longText,
  note_post: longText,
});

export type ListedPost = z.infer<typeof listedPost>;

/** An empty timeline has no `data`; neither has one that could not be read, which has `errors`. */
export const timeline = z.object({
  data: z.array(listedPost).nullish(),
  errors: z.array(z.unknown()).nullish(),
  meta: z.object({ next_token: z.string().nullish() }).nullish(),
});

export const grant = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().nullish(),
  scope: z.string().nullish(),
});

export const profile = z.object({
  data: z.object({
    id,
    username: z.string(),
    name: z.string().nullish(),
    profile_image_url: z.string().nullish(),
    protected: z.boolean().nullish(),
    verified_type: z.string().nullish(),
    subscription_type: z.string().nullish(),
  }),
});
