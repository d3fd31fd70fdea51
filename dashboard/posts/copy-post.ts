import type { z } from "zod";

import type { Post, postsCreate } from "../../contract/operations/posts.ts";

/** What creates the same post again, as a draft. Stored media are used again, not fetched from their URLs. */
export function copyPost({ content, platformPosts, platformSetId, onPause }: Post): z.input<typeof postsCreate.body> {
  const copied = JSON.parse(
    JSON.stringify(content, (key, value: unknown) =>
      key === "media" && Array.isArray(value) ? value.map(copyEntry) : value,
    ),
  );
  return { content: copied, platforms: platformPosts.map(({ platform }) => platform), platformSetId, onPause };
}

function copyEntry(entry: unknown): unknown {
  const { id, altText, thumbnailUrl, thumbnailMediaId } = Object(entry);
  return typeof id === "string" ? { id, altText, thumbnailUrl, thumbnailMediaId } : entry;
}
