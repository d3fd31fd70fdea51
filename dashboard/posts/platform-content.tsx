import { useLingui } from "@lingui/react/macro";

import type { Post } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry, PostContent } from "../../model/post.ts";
import { OutLink } from "../ui/controls.tsx";

interface PlatformContentProps {
  platform: PlatformName;
  content: Post["content"];
}

/** What a platform gets of a post: its own texts, media and settings where it has some. */
export function PlatformContent({ platform, content }: PlatformContentProps) {
  const { t } = useLingui();
  const given: PostContent = JSON.parse(JSON.stringify(content));
  const override = given.platformOverrides[platform];
  const { text, media, linkUrl } = {
    ...given,
    text: override?.text ?? given.text,
    media: override?.media ?? given.media,
  };
  const { thread: parts, ...settings } = override?.settings ?? {};
  const thread: readonly { text: string; media?: MediaEntry[] | null }[] = Array.isArray(parts) ? parts : [];
  const shown = Object.entries(settings).filter(([, value]) => value !== null);
  return (
    <div className="space-y-3 border-t pt-3">
      <Part text={text} media={media} />
      {linkUrl !== null && (
        <p className="text-sm">
          <OutLink href={linkUrl} target="_blank">
            {linkUrl}
          </OutLink>
        </p>
      )}
      {thread.map((part, index) => {
        const place = index + 2;
        return (
          <section key={place} aria-label={t`Part ${place}`} className="border-s-2 ps-3">
            <Part text={part.text} media={part.media ?? []} />
          </section>
        );
      })}
      {shown.length > 0 && (
        <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
          {shown.map(([name, value]) => (
            <div key={name} className="flex gap-1.5">
              <dt className="text-dim">{wordsOf(name)}</dt>
              <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function Part({ text, media }: { text: string; media: readonly MediaEntry[] }) {
  const { t } = useLingui();
  return (
    <div className="space-y-2">
      {text === "" ? (
        <p className="text-sm text-dim">{t`No text`}</p>
      ) : (
        <p className="whitespace-pre-wrap" dir="auto">
          {text}
        </p>
      )}
      {media.length > 0 && (
        <ul className="flex flex-wrap gap-2" aria-label={t`Media`}>
          {media.map((entry, index) => (
            <li key={entry.id ?? entry.url ?? index}>
              <Thumbnail entry={entry} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Thumbnail({ entry: { url, type, filename, altText, thumbnailUrl } }: { entry: MediaEntry }) {
  const name = altText ?? filename ?? "";
  const box = "h-28 max-w-48 rounded-lg border bg-tint object-cover";
  if (typeof url !== "string") return <span className="text-sm text-dim">{filename}</span>;
  if (type === "video")
    return (
      <video
        className={box}
        src={url}
        poster={thumbnailUrl ?? undefined}
        aria-label={name}
        preload="metadata"
        controls
        muted
      />
    );
  return (
    <a href={url} target="_blank" rel="noreferrer">
      <img className={box} src={url} alt={name} loading="lazy" />
    </a>
  );
}

/** "replySettings" as "Reply settings". */
function wordsOf(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
