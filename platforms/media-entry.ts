import { z } from "zod";

import { MAX_FILE_BYTES } from "../model/capabilities.ts";
import { MEDIA_TYPES } from "../model/post.ts";

const positive = () => z.number().positive().nullish();

/** An http or https URL of at most 4096 characters, without user name and password. */
export const webUrl = z.string().max(4096).refine(isWebUrl, {
  error: "must be a whole http or https URL without a password, such as https://cdn.example.com/photo.jpg",
});

/** A media entry as callers write it, in `content.media` and in the parts of a chain alike. */
export const mediaEntrySchema = z
  .strictObject({
    id: z
      .string()
      .max(255)
      .nullish()
      .describe("Id of a stored media object where neither url nor a file is given; beside a url your own label."),
    url: webUrl.nullish().describe("Public address of the file, http or https."),
    type: z.enum(MEDIA_TYPES).nullish().describe("image or video."),
    filename: z
      .string()
      .min(1)
      .max(255)
      .nullish()
      .describe("Name of the file; one sent along under this name gives the entry its bytes."),
    mimeType: z.string().min(1).max(127).nullish().describe("MIME type, such as image/jpeg or video/mp4."),
    sizeBytes: z.int().positive().nullish().describe(`Size of the file in bytes, at most ${MAX_FILE_BYTES}.`),
    width: positive().describe("Width in pixels."),
    height: positive().describe("Height in pixels."),
    durationSeconds: positive().describe("Length of a video in seconds."),
    altText: z.string().max(10_000).nullish().describe("Description for people who cannot see it."),
    thumbnailUrl: webUrl.nullish().describe("Cover picture of a video, http or https."),
  })
  .describe(
    "An image or a video: by url, by the filename of a file of the request, or by the id of a stored media object.",
  );

/** Far above what anybody posts at once. */
export const MAX_CHAIN_PARTS = 500;

/** `settings.thread` of the platforms that publish chains. */
export const chainSchema = z
  .array(
    z.strictObject({
      text: z.string().describe("Text of this part; may be empty where the part has media."),
      media: z
        .array(mediaEntrySchema)
        .max(100)
        .nullish()
        .describe("Media of this part, by the same rules as content.media."),
    }),
  )
  .min(1)
  .max(MAX_CHAIN_PARTS)
  .describe(
    "The parts after the first, published as replies to the part before. content.text and content.media are the first part.",
  );

function isWebUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || /\s/.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "";
}
