import { z } from "zod";

/** YouTube's responses, with only the fields that are read. Counts and sizes are strings of digits. */
const text = z.string().nullish();

const videoId = z.string().regex(/^[\w-]{11}$/);

export const video = z.object({
  id: videoId,
  status: z.object({ privacyStatus: text }).nullish(),
});

export type Video = z.infer<typeof video>;

export const processing = z.object({
  items: z
    .array(
      z.object({
        status: z.object({ uploadStatus: text, failureReason: text, rejectionReason: text }).nullish(),
        processingDetails: z
          .object({
            processingStatus: text,
            processingFailureReason: text,
            processingProgress: z.object({ timeLeftMs: text }).nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
});

export type Processing = NonNullable<z.infer<typeof processing>["items"]>[number];

const thumbnails = z.record(z.string(), z.object({ url: text }));

export const channels = z.object({
  items: z
    .array(
      z.object({
        id: z.string().min(1),
        snippet: z.object({ title: text, customUrl: text, thumbnails: thumbnails.nullish() }).nullish(),
        contentDetails: z.object({ relatedPlaylists: z.object({ uploads: text }).nullish() }).nullish(),
        statistics: z.object({ viewCount: text, subscriberCount: text, videoCount: text }).nullish(),
        status: z.object({ longUploadsStatus: text }).nullish(),
      }),
    )
    .nullish(),
});

export const playlist = z.object({
  items: z
    .array(
      z.object({
        snippet: z.object({ publishedAt: text }).nullish(),
        contentDetails: z.object({ videoId, videoPublishedAt: text }),
      }),
    )
    .nullish(),
});

export const files = z.object({
  items: z
    .array(
      z.object({
        id: videoId,
        snippet: z.object({ title: text, publishedAt: text }).nullish(),
        status: z.object({ privacyStatus: text }).nullish(),
        fileDetails: z.object({ fileName: text, fileSize: text }).nullish(),
      }),
    )
    .nullish(),
});

export type ListedFile = NonNullable<z.infer<typeof files>["items"]>[number];

export const tokens = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().nullish(),
  refresh_token: text,
  refresh_token_expires_in: z.number().nullish(),
  scope: text,
});

const detail = z.object({ reason: text, message: text });

export const refusal = z.object({
  error: z.object({
    message: text,
    status: text,
    errors: z.array(detail).nullish(),
    details: z.array(detail).nullish(),
  }),
});

export const commentThread = z.object({ id: z.string() });

/** `textOriginal` is only in the author's own comments. */
export const commentThreads = z.object({
  items: z
    .array(
      z.object({
        snippet: z
          .object({
            topLevelComment: z
              .object({ snippet: z.object({ textOriginal: z.string().nullish() }).nullish() })
              .nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
});
