import { z } from "zod";

import { webUrl } from "../fields.ts";
import { operation, type Operation } from "../operation.ts";
import {
  createBody,
  overridesDraft,
  postDraft,
  postsCancel,
  postsCreate,
  postsDelete,
  postsGet,
  postsList,
  postsPublish,
  postsRetry,
  postsUpdate,
} from "./posts.ts";

const { platforms, scheduledFor, platformSetId } = createBody.shape;
const { text, linkUrl, platformOverrides } = createBody.shape.content.shape;

/** The flat body of old clients. Unknown keys are ignored. */
const flatBody = z.object({
  text,
  platforms,
  scheduledFor,
  platformSetId,
  mediaUrls: z
    .array(webUrl)
    .max(100)
    .nullish()
    .describe("URLs of images. To send a video, use `content.media` with the body of `POST /api/v1/posts`."),
  linkUrl,
  platformOverrides,
});

/** The rest of a flat body after its invalid fields are removed. */
const flatDraft = flatBody
  .extend({
    platforms: postDraft.shape.platforms.unwrap(),
    mediaUrls: z.array(webUrl.optional()).nullish(),
    platformOverrides: overridesDraft,
  })
  .partial()
  .transform(({ text, mediaUrls, linkUrl, platformOverrides, ...rest }) => ({
    ...rest,
    content: {
      text,
      media: (mediaUrls ?? []).flatMap((url) => (url === undefined ? [] : [{ url }])),
      linkUrl,
      platformOverrides,
    },
  }));

/** Accepts the flat body, or that of `POST /api/v1/posts`: a body with `content` is the latter. */
export const legacyPostsCreate = operation({
  ...legacy(postsCreate, "/api/posts"),
  description:
    "For clients that predate `POST /api/v1/posts`. Also accepts the body of `POST /api/v1/posts`. " +
    "Unknown keys in the flat body are ignored.",
  body: flatDraft,
  form: flatBody,
  otherForm: createBody,
});

/** The other legacy endpoints: the same operations at their old paths. */
export const legacyPostsList = legacy(postsList, "/api/posts");
export const legacyPostsGet = legacy(postsGet, "/api/posts/:id");
export const legacyPostsUpdate = legacy(postsUpdate, "/api/posts/:id");
export const legacyPostsDelete = legacy(postsDelete, "/api/posts/:id");
export const legacyPostsCancel = legacy(postsCancel, "/api/posts/:id/cancel");
export const legacyPostsPublish = legacy(postsPublish, "/api/posts/:id/publish");
export const legacyPostsRetry = legacy(postsRetry, "/api/posts/:id/retry");

function legacy<Declared extends Operation<z.ZodObject, z.ZodObject, z.ZodType, z.ZodObject>>(
  declared: Declared,
  path: string,
): Declared {
  return { ...declared, name: `legacy_${declared.name}`, path, successor: declared.path, tool: null };
}
