import { z } from "zod";

import { MAX_FILE_BYTES } from "../../model/capabilities.ts";
import { MEDIA_TYPES } from "../../model/post.ts";
import { id, idParam, limit, mode, offset, time, total, webUrl } from "../fields.ts";
import { operation, plain } from "../operation.ts";

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
  description: "Returns stored media, newest first.",
  query: z.strictObject({ limit, offset }),
  answer: z.object({ media: z.array(media), total }),
});

export const mediaGet = operation({
  ...plain,
  name: "media_get",
  method: "GET",
  path: "/api/v1/media/:id",
  summary: "Get a media object",
  description: "Returns a media object with the properties measured from its file.",
  params: idParam,
  answer: oneMedia,
  errors: ["NOT_FOUND"],
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
