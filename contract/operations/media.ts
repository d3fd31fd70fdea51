import { z } from "zod";

import { MAX_FILE_BYTES } from "../../model/capabilities.ts";
import { MEDIA_TYPES } from "../../model/post.ts";
import { id, idParam, limit, mode, offset, time, timeInput, total, webUrl } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { postSummary } from "./posts.ts";

const FOREVER = "forever";

export const media = z.object({
  id,
  status: z
    .enum(["pending", "ready", "failed"])
    .describe("`pending` until the file has been fetched from its URL.")
    .meta({ examples: ["ready"] }),
  url: z
    .string()
    .nullable()
    .describe("Signed URL of the stored file, valid for a day. Null until the file is stored.")
    .meta({
      examples: [
        "https://api.ampost.io/media/01980b7a-6c00-7000-8000-000000000001/photo.jpg?expires=1796117400&signature=Yq…",
      ],
    }),
  thumbnailUrl: z
    .string()
    .nullable()
    .describe("Signed URL of a small WebP image, valid for a day. Null for videos and until the file is stored.")
    .meta({
      examples: [
        "https://api.ampost.io/media/01980b7a-6c00-7000-8000-000000000001/thumbnail/photo.webp?expires=1796117400&signature=Yq…",
      ],
    }),
  sourceUrl: z
    .string()
    .nullable()
    .describe("URL the file is fetched from. Null if it was uploaded.")
    .meta({ examples: ["https://cdn.example.com/photo.jpg"] }),
  type: z
    .enum(MEDIA_TYPES)
    .nullable()
    .meta({ examples: ["image"] }),
  mimeType: z
    .string()
    .nullable()
    .describe("Properties measured from the file.")
    .meta({ examples: ["image/jpeg"] }),
  filename: z.string().meta({ examples: ["photo.jpg"] }),
  sizeBytes: z
    .int()
    .nullable()
    .meta({ examples: [248_120] }),
  width: z
    .int()
    .nullable()
    .meta({ examples: [1080] }),
  height: z
    .int()
    .nullable()
    .meta({ examples: [1350] }),
  durationSeconds: z
    .number()
    .nullable()
    .meta({ examples: [null] }),
  altText: z
    .string()
    .nullable()
    .describe("Alternative text that the dashboard suggests when the file is added to a post.")
    .meta({ examples: ["A lighthouse at dusk"] }),
  keepUntil: z
    .union([z.literal(FOREVER), time])
    .nullable()
    .describe(
      "Until then, the file is not deleted automatically; `forever`: never. " +
        "Null: it is deleted 7 days after its creation, or 30 days after the last change of the posts that use it.",
    )
    .meta({ examples: [FOREVER] }),
  error: z
    .string()
    .nullable()
    .describe("Why the file could not be fetched.")
    .meta({ examples: [null] }),
  createdAt: time,
  mode,
});
export type Media = z.output<typeof media>;

const oneMedia = z.object({ media });
const filename = z
  .string()
  .min(1)
  .max(255)
  .nullish()
  .describe("Name of the file.")
  .meta({ examples: ["launch.mp4"] });

export const mediaCreate = operation({
  ...plain,
  name: "media_create",
  method: "POST",
  path: "/api/v1/media",
  summary: "Create a media object",
  description:
    "Stores a file that posts can refer to by `id`: uploaded as multipart/form-data with one file, " +
    "or fetched from the `url` in a JSON body. " +
    "For resumable uploads, use any tus 1.0 client (tus-js-client, Uppy) with this URL as its endpoint: " +
    "with the headers `Tus-Resumable: 1.0.0` and `Upload-Length`, the response is 201 with a `Location`. Send the bytes there with PATCH, get the number of stored bytes with HEAD, and cancel the upload with DELETE. " +
    "The response to the last bytes has the ID of the media object in the header `Media-Id`. " +
    "Incomplete uploads are deleted after 24 hours.",
  rateClass: "mediaUpload",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Stores the image or video at a public `url`, so that posts can refer to it by `id`. " +
      "Its status is `pending` until it has been fetched. Posts also accept a `url` directly.",
    form: z.strictObject({ url: webUrl.describe("Public URL of the file."), filename }),
  },
  body: z.strictObject({
    url: webUrl.optional().describe("Public URL of the file. Omit it when you upload the file."),
    filename,
  }),
  takes: "upload",
  writes: true,
  answer: oneMedia,
  status: 201,
  errors: ["UNSUPPORTED_MEDIA_TYPE", "UNSUPPORTED_MEDIA_CONFIG"],
});

export const mediaUploadUrl = operation({
  ...plain,
  name: "media_upload_url",
  method: "POST",
  path: "/api/v1/media/upload-urls",
  summary: "Create an upload URL",
  description:
    "Creates a URL to which a program without a key can upload one file: `curl -T photo.jpg URL`, or PUT with the " +
    "bytes as the body. The response is 201 with the media object, as `POST /api/v1/media` returns it. " +
    "The URL works for one file and for an hour, and only while the key that created it does. " +
    "Repeating the request with its Idempotency-Key returns a URL for the same file, and the same end.",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Creates a URL to which a local file can be uploaded without a key: run `curl -T FILE URL`. " +
      "It responds with the media object, whose `id` posts can use. The URL works for one file and for an hour.",
  },
  body: z.strictObject({ filename }).optional(),
  takes: "optional",
  writes: true,
  answer: z.object({
    upload: z.object({
      url: z
        .string()
        .nullable()
        .describe("Where to send the file. Anyone who has it can use it. Null once it has expired.")
        .meta({ examples: ["https://api.ampost.io/api/v1/media/upload-urls/v1.5f2a…"] }),
      maxSizeBytes: z.int().meta({ examples: [MAX_FILE_BYTES] }),
      expiresAt: time,
    }),
  }),
});

export const mediaList = operation({
  ...plain,
  name: "media_list",
  method: "GET",
  path: "/api/v1/media",
  summary: "List media",
  description: "Returns stored media, newest first. `total` is the number that match the filters.",
  query: z.strictObject({
    type: z
      .enum(MEDIA_TYPES)
      .optional()
      .describe("Only images or only videos.")
      .meta({ examples: ["image"] }),
    use: z
      .enum(["used", "unused"])
      .optional()
      .describe("Only files that a post uses, or only files that none does.")
      .meta({ examples: ["unused"] }),
    search: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("Only files with this in their name. Not case-sensitive.")
      .meta({ examples: ["launch"] }),
    limit,
    offset,
  }),
  answer: z.object({ media: z.array(media), total }),
});

export const mediaGet = operation({
  ...plain,
  name: "media_get",
  method: "GET",
  path: "/api/v1/media/:id",
  summary: "Get a media object",
  description:
    "Returns a media object with the properties measured from its file. The `ETag` is for `If-Match` of an update.",
  params: idParam,
  answer: oneMedia,
  errors: ["NOT_FOUND"],
});

export const mediaUpdate = operation({
  ...plain,
  name: "media_update",
  method: "PATCH",
  path: "/api/v1/media/:id",
  summary: "Update a media object",
  description:
    "Sets the alternative text of a media object, and how long it is kept. Omitted fields stay as they are. " +
    "With `If-Match`, it is updated only if it still has this `ETag`.",
  params: idParam,
  body: z.strictObject({
    altText: z
      .string()
      .max(10_000)
      .nullish()
      .describe("Alternative text, for people who cannot see the file. Null removes it.")
      .meta({ examples: ["A lighthouse at dusk"] }),
    keepUntil: z
      .string()
      .refine((text) => text === FOREVER || timeInput.safeParse(text).success, {
        error: `must be "${FOREVER}" or an ISO 8601 time with an offset or Z, such as 2026-12-01T09:30:00Z`,
      })
      .nullish()
      .describe("Time until which the file is not deleted automatically, or `forever`. Null: see `Media.keepUntil`.")
      .meta({ examples: [FOREVER] }),
  }),
  takes: "required",
  writes: true,
  answer: oneMedia,
  errors: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

export const mediaPosts = operation({
  ...plain,
  name: "media_posts",
  method: "GET",
  path: "/api/v1/media/:id/posts",
  summary: "List the posts that use a media object",
  description: "Returns the posts that use a media object, as media, cover or thumbnail, newest first.",
  params: idParam,
  query: z.strictObject({ limit }),
  answer: z.object({ posts: z.array(postSummary), total }),
  errors: ["NOT_FOUND"],
});

const pixels = (least: number) => z.int().min(least).max(1_000_000);

export const mediaCrop = operation({
  ...plain,
  name: "media_crop",
  method: "POST",
  path: "/api/v1/media/:id/crop",
  summary: "Crop an image",
  description:
    "Creates a media object with part of a stored image; the original stays as it is. The new file is a JPEG, PNG or " +
    "WebP like the original, or a PNG of the first frame of a GIF. It inherits `altText` and `keepUntil`.",
  rateClass: "mediaUpload",
  params: idParam,
  body: z.strictObject({
    x: pixels(0)
      .describe("Left edge of the part, in pixels of the upright image.")
      .meta({ examples: [0] }),
    y: pixels(0)
      .describe("Top edge of the part.")
      .meta({ examples: [135] }),
    width: pixels(1)
      .describe("Width of the part.")
      .meta({ examples: [1080] }),
    height: pixels(1)
      .describe("Height of the part.")
      .meta({ examples: [1080] }),
  }),
  takes: "required",
  writes: true,
  answer: oneMedia,
  status: 201,
  errors: ["NOT_FOUND", "INVALID_STATUS_TRANSITION"],
});

export const mediaDelete = operation({
  ...plain,
  name: "media_delete",
  method: "DELETE",
  path: "/api/v1/media/:id",
  summary: "Delete a media object",
  description: "Deletes a media object that no post needs.",
  params: idParam,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND", "INVALID_STATUS_TRANSITION"],
});
