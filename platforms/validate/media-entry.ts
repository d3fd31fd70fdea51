import { z } from "zod";

import { MAX_FILE_BYTES } from "../../model/capabilities.ts";
import { MEDIA_TYPES } from "../../model/post.ts";
import { MAX_CHAIN_PARTS } from "./resolve-content.ts";

const positive = () => z.number().positive().nullish();

/** An http or https URL of at most 4096 characters, without user name and password. */
export const webUrl = z.string().max(4096, { abort: true }).refine(isWebUrl, {
  error: "must be a complete http or https URL without a password, such as https://cdn.example.com/photo.jpg",
});

/** The ID of a stored media object, in a setting. */
export const coverMediaId = z.string().min(1).max(255);

/** A media entry as callers send it, in `content.media` and in the parts of a thread. */
export const mediaEntrySchema = z
  .strictObject({
    id: z.string().max(255).nullish().describe("ID of a stored media object. With url, a label of your choice."),
    url: webUrl.nullish().describe("Public http or https URL of the file."),
    type: z.enum(MEDIA_TYPES).nullish().describe("Type of the file: image or video."),
    filename: z
      .string()
      .min(1)
      .max(255)
      .nullish()
      .describe("Name of the file. To upload the file with the request, use the name it has in the form."),
    mimeType: z.string().min(1).max(127).nullish().describe("MIME type, such as image/jpeg or video/mp4."),
    sizeBytes: z.int().positive().nullish().describe(`Size of the file in bytes, at most ${MAX_FILE_BYTES}.`),
    width: positive().describe("Width in pixels."),
    height: positive().describe("Height in pixels."),
    durationSeconds: positive().describe("Duration of the video in seconds."),
    altText: z.string().max(10_000).nullish().describe("Alternative text for people who cannot see the media."),
    thumbnailUrl: webUrl.nullish().describe("Public http or https URL of the video's cover image."),
    thumbnailMediaId: z
      .string()
      .max(255)
      .nullish()
      .describe("ID of a stored media object that is the video's cover image, instead of thumbnailUrl."),
  })
  .describe(
    "An image or video, given by url, by the filename of an uploaded file, or by the id of a stored media object.",
  );

/** `settings.thread` of platforms that publish threads. */
export const chainSchema = z
  .array(
    z.strictObject({
      text: z.string().describe("Text of this part. May be empty if the part has media."),
      media: z
        .array(mediaEntrySchema)
        .max(100)
        .nullish()
        .describe("Media of this part, in the same format as content.media."),
    }),
  )
  .min(1)
  .max(MAX_CHAIN_PARTS)
  .describe(
    "Parts of a thread after the first, each published as a reply to the one before. " +
      "content.text and content.media are the first part.",
  );

function isWebUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || /\s/.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "";
}
