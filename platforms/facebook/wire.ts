import { z } from "zod";

import { uploadUrl } from "../kit/meta/upload.ts";

/** Facebook's responses, only the fields that are used. IDs are strings; a few are bare numbers. */
const id = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d+(_\d+)?$/));

const text = z.string().nullish();

/** A link that can be a path. */
const link = z
  .string()
  .nullish()
  .transform((address) => {
    if (typeof address !== "string") return null;
    const url = URL.parse(address, "https://www.facebook.com");
    return url?.protocol === "https:" ? url.href : null;
  });

export const posted = z.object({ id, permalink_url: link });

export const postLink = z.object({ permalink_url: link });

const attachment = z.object({
  media_type: text,
  url: text,
  target: z.object({ id: id.nullish() }).nullish(),
  subattachments: z.object({ data: z.array(z.object({ target: z.object({ id: id.nullish() }).nullish() })) }).nullish(),
});

export const postList = z.object({
  data: z.array(
    z.object({
      id,
      message: text,
      created_time: z.string(),
      permalink_url: link,
      attachments: z.object({ data: z.array(attachment) }).nullish(),
    }),
  ),
});

export type ListedPost = z.infer<typeof postList>["data"][number];

/** A reel's or a video story's session. */
export const byteSession = z.object({ video_id: id, upload_url: uploadUrl });

const offset = z.coerce.number().int().min(0);

/** A feed video's session: what to send first. */
export const chunkSession = z.object({ video_id: id, upload_session_id: id, start_offset: offset, end_offset: offset });

export const chunkTaken = z.object({ start_offset: offset, end_offset: offset });

/** Where a session continues, from the error for a wrong offset; Meta also returns the data as a string. */
export const wrongOffset = z.object({
  error: z.object({
    error_data: z.preprocess(
      (data) => (typeof data === "string" ? JSON.parse(data) : data),
      z.object({ start_offset: offset, end_offset: offset.nullish() }),
    ),
  }),
});

/** One of a phase's states is "error", with the reason next to it or in a list. */
const phase = z
  .object({
    status: text,
    error: z.object({ message: text }).nullish(),
    errors: z.array(z.object({ message: text })).nullish(),
  })
  .nullish();

export const videoState = z.object({
  status: z
    .object({
      video_status: text,
      uploading_phase: z.object({ status: text, bytes_transfered: z.number().nullish() }).nullish(),
      processing_phase: phase,
      publishing_phase: z
        .object({ status: text, publish_status: text, error: z.object({ message: text }).nullish() })
        .nullish(),
    })
    .nullish(),
  published: z.boolean().nullish(),
  permalink_url: link,
});

export type VideoState = z.infer<typeof videoState>;

export const storyPublished = z.object({ success: z.literal(true), post_id: id });

export const storyList = z.object({ data: z.array(z.object({ post_id: id, media_id: id.nullish(), url: link })) });

export const commented = z.object({ id });

export const commentList = z.object({ data: z.array(z.object({ message: text })) });
