import { MediaIcon } from "../ui/icons.tsx";
import type { Item } from "./draft.ts";

export function Thumbnail({ item: { shown } }: { item: Pick<Item, "shown"> }) {
  const { src, type } = shown;
  if (src === null) return <MediaIcon />;
  if (type === "video") return <video src={src} muted preload="metadata" className="size-full object-cover" />;
  return <img src={src} alt="" className="size-full object-cover" />;
}
