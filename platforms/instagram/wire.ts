import { z } from "zod";

import { permalink, type ContainerState } from "../kit/meta/containers.ts";
import { metaId as id } from "../kit/meta/graph.ts";

/** Instagram's responses, only the fields that are used. */

const text = z.string().nullish();

const count = z.number().nullish();

/** The docs show some responses wrapped in a list, while clients receive them bare. */
function bareOrWrapped<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z.preprocess(
    (body) =>
      typeof body === "object" && body !== null && "data" in body && Array.isArray(body.data) ? body.data[0] : body,
    schema,
  );
}

export const containerState: z.ZodType<ContainerState> = z
  .object({ status_code: z.string(), status: text })
  .transform(({ status_code: state, status }) => ({ state, reason: status ?? "" }));

export const mediaList = z.object({
  data: z.array(
    z.object({
      id,
      caption: text,
      media_type: text,
      media_product_type: text,
      permalink,
      timestamp: z.string(),
    }),
  ),
});

export type ListedMedia = z.infer<typeof mediaList>["data"][number];

export const commentList = z.object({ data: z.array(z.object({ text })) });

export const shortToken = bareOrWrapped(
  z.object({
    access_token: z.string().min(1),
    permissions: z
      .union([z.array(z.string()), z.string().transform((list) => list.split(","))])
      .nullish()
      .transform((list) => list ?? null),
  }),
);

export const profile = bareOrWrapped(
  z.object({
    user_id: id,
    id: id.nullish(),
    username: text,
    name: text,
    account_type: text,
    profile_picture_url: text,
    followers_count: count,
    follows_count: count,
    media_count: count,
  }),
);

export const alive = z.object({ id });

/** An account that is reached by its Page's token. */
export const linkedAccount = z.object({ id, username: text, name: text, profile_picture_url: text });
