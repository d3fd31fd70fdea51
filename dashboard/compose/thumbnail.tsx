import { MediaThumbnail } from "../media/thumbnail.tsx";
import type { Item } from "./draft.ts";

export function Thumbnail({ item: { shown } }: { item: Pick<Item, "shown"> }) {
  const { src, small = null, type } = shown;
  return <MediaThumbnail media={{ url: src, thumbnailUrl: small, type }} />;
}
