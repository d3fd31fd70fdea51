import { z } from "zod";

import { MEDIA_TYPES } from "../model/post.ts";
import { id, idParam, limit, mode, offset, time, total, webUrl } from "./fields.ts";
import { operation, plain } from "./operation.ts";

export const media = z.object({
  id,
  status: z
    .enum(["pending", "ready", "failed"])
    .describe("`pending` until the file has been fetched from its URL.")
    .meta({ examples: ["ready"] }),
  url: z
    .string()
    .nullable()
    .describe("A signed address of the stored file, good for a day; null while there is none.")
    .meta({
      examples: [
        "https://api.ampost.io/media/01980b7a-6c00-7000-8000-000000000001/photo.jpg?expires=1796117400&signature=Yq…",
      ],
    }),
  sourceUrl: z
    .string()
    .nullable()
    .describe("Where it is fetched from; null where it was sent along.")
    .meta({ examples: ["https://cdn.example.com/photo.jpg"] }),
  type: z
    .enum(MEDIA_TYPES)
    .nullable()
    .meta({ examples: ["image"] }),
  mimeType: z
    .string()
    .nullable()
    .describe("What the bytes say.")
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
    .describe("Why it could not be had.")
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
  .describe("A name for the file.")
  .meta({ examples: ["launch.mp4"] });

export const mediaCreate = operation({
  ...plain,
  name: "media_create",
  method: "POST",
  path: "/api/v1/media",
  summary: "Store a media file",
  description:
    "Stores a file that posts can name by its `id`: sent along as multipart/form-data with one file, or fetched from the `url` in a JSON body. " +
    "Over a connection that may break, send it by the tus 1.0 protocol, with any client of it (tus-js-client, Uppy) and this address as its endpoint: " +
    "with the headers `Tus-Resumable: 1.0.0` and `Upload-Length` this answers 201 with the `Location` that takes the bytes by PATCH, tells by HEAD how many are stored, and is given up by DELETE. " +
    "The answer to the last bytes carries the media object's id in the header `Media-Id`. An upload that is not complete after 24 hours is gone.",
  rateClass: "mediaUpload",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Stores the image or video at a public `url`, so that posts can name it by its `id`. It is fetched soon after: until then its status is `pending`. Posts take a `url` directly, too.",
    form: z.strictObject({ url: webUrl.describe("Where the file can be fetched."), filename }),
  },
  body: z.strictObject({
    url: webUrl.optional().describe("Where the file can be fetched. Left out where the file is sent along."),
    filename,
  }),
  takes: "upload",
  writes: true,
  answer: oneMedia,
  status: 201,
  errors: ["UNSUPPORTED_MEDIA_TYPE", "UNSUPPORTED_MEDIA_CONFIG"],
});

export const mediaList = operation({
  ...plain,
  name: "media_list",
  method: "GET",
  path: "/api/v1/media",
  summary: "List media",
  description: "The stored media, newest first.",
  query: z.strictObject({ limit, offset }),
  answer: z.object({ media: z.array(media), total }),
});

export const mediaGet = operation({
  ...plain,
  name: "media_get",
  method: "GET",
  path: "/api/v1/media/:id",
  summary: "Get a media object",
  description: "One stored media object, with what its bytes say.",
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
  description: "Deletes a stored media object that no post needs any more.",
  params: idParam,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND", "INVALID_STATUS_TRANSITION"],
});
