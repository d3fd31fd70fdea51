import type { ShownMedia } from "../../contract/operations/approvals.ts";
import type { Post } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";

/** A file of the post with its alt text, and the picture that is shown before a video plays. */
export interface PreviewMedia {
  media: ShownMedia | undefined;
  thumbnail: ShownMedia | undefined;
  altText: string;
}

/** One part of what is published: the post itself, or a later part of a thread. */
export interface PreviewPart {
  text: string;
  media: readonly PreviewMedia[];
}

/** What platforms get: those without overrides of their own get the same. */
export interface Preview {
  platforms: readonly PlatformName[];
  parts: readonly PreviewPart[];
  linkUrl: string | null;
  /** Pictures that settings name, by the setting. */
  pictures: readonly { name: string; media: ShownMedia }[];
  /** Everything else that is set for the platform, by its name. */
  settings: readonly { name: string; value: string }[];
}

/** The post as each platform gets it. Media are the stored files: what was approved is what is published. */
export function previewsOf(post: Post, media: readonly ShownMedia[]): Preview[] {
  const { content, platformPosts } = post;
  const overrides = new Map(Object.entries(content.platformOverrides));
  const at = (path: string) => media.find((each) => each.path === path);
  const filesOf = (place: string, entries: unknown): PreviewMedia[] =>
    listOf(entries).map((entry, index) => {
      const { altText } = Object(entry);
      return {
        media: at(`${place}/${index}`),
        thumbnail: at(`${place}/${index}/thumbnailUrl`) ?? at(`${place}/${index}/thumbnailMediaId`),
        altText: typeof altText === "string" ? altText : "",
      };
    });
  const shared = { text: content.text, media: filesOf("/content/media", content.media) };
  const same = platformPosts.map(({ platform }) => platform).filter((platform) => !overrides.has(platform));
  const own = platformPosts.map(({ platform }) => platform).filter((platform) => overrides.has(platform));
  const common: Preview = {
    platforms: same,
    parts: [shared],
    linkUrl: content.linkUrl,
    pictures: [],
    settings: [],
  };
  return [
    ...(same.length === 0 ? [] : [common]),
    ...own.map((platform): Preview => {
      const { text, media: sent, settings = {} } = Object(overrides.get(platform));
      const place = `/content/platformOverrides/${platform}`;
      const named = Object.entries({ ...Object(settings) }).filter(([, value]) => value !== null);
      const pictures = named.flatMap(([name]) => {
        const picture = at(`${place}/settings/${name}`);
        return picture === undefined ? [] : [{ name, media: picture }];
      });
      const chain = listOf(Object(settings).thread).filter((part) => typeof Object(part).text === "string");
      return {
        platforms: [platform],
        parts: [
          {
            text: typeof text === "string" ? text : shared.text,
            media: Array.isArray(sent) ? filesOf(`${place}/media`, sent) : shared.media,
          },
          ...chain.map((part, index) => ({
            text: String(Object(part).text),
            media: filesOf(`${place}/settings/thread/${index}/media`, Object(part).media),
          })),
        ],
        linkUrl: content.linkUrl,
        pictures,
        settings: named
          .filter(
            ([name]) => !pictures.some((picture) => picture.name === name) && !(name === "thread" && chain.length > 0),
          )
          .map(([name, value]) => ({ name, value: typeof value === "string" ? value : JSON.stringify(value) })),
      };
    }),
  ];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
