import { z } from "zod";

import { permalink, type ContainerState } from "../kit/meta/containers.ts";
import { metaId as id } from "../kit/meta/graph.ts";

/** Threads' responses, only the fields that are used. */

export const containerState: z.ZodType<ContainerState> = z
  .object({ status: z.string(), error_message: z.string().nullish() })
  .transform(({ status: state, error_message }) => ({ state, reason: error_message ?? "" }));

export const mediaList = z.object({
  data: z.array(
    z.object({
      id,
      media_type: z.string().nullish(),
      permalink,
      text: z.string().nullish(),
      timestamp: z.string(),
      replied_to: z.object({ id }).nullish(),
    }),
  ),
});

export type ListedMedia = z.infer<typeof mediaList>["data"][number];

export const shortToken = z.object({ access_token: z.string().min(1) });

export const tokenFacts = z.object({ data: z.object({ scopes: z.array(z.string()) }) });

export const profile = z.object({
  id,
  username: z.string().nullish(),
  name: z.string().nullish(),
  threads_profile_picture_url: z.string().nullish(),
  threads_biography: z.string().nullish(),
  is_verified: z.boolean().nullish(),
});
