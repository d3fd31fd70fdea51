import { useState } from "react";

import type { Media } from "../../contract/operations/media.ts";
import { MediaIcon, VideoIcon } from "../ui/icons.tsx";

type Shown = Pick<Media, "type" | "url" | "thumbnailUrl">;

/** A stored image, small, or the first frame of a video; an icon where the browser can show neither. */
export function MediaThumbnail({ media: { type, url, thumbnailUrl } }: { media: Shown }) {
  const [failed, setFailed] = useState<string | null>(null);
  const src = type === "video" ? url : (thumbnailUrl ?? url);
  const onError = () => setFailed(src);
  const icon = type === "video" ? <VideoIcon /> : <MediaIcon />;
  return (
    <span className="relative grid size-full place-items-center overflow-hidden text-dim">
      {icon}
      {src !== null &&
        failed !== src &&
        (type === "video" ? (
          // Only its index and its first frame are loaded. Some browsers show none before a time is named.
          <video
            src={`${src}#t=0.001`}
            muted
            playsInline
            preload="metadata"
            tabIndex={-1}
            aria-hidden="true"
            className="absolute inset-0 size-full object-cover"
            onError={onError}
          />
        ) : (
          <img
            src={src}
            alt=""
            decoding="async"
            className="absolute inset-0 size-full bg-tint object-cover"
            onError={onError}
          />
        ))}
    </span>
  );
}
