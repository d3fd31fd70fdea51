import type { Media } from "../../contract/operations/media.ts";
import type { Post } from "../../contract/operations/posts.ts";
import type { SharingDuties } from "../../model/capabilities.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry, MediaType } from "../../model/post.ts";
import { offsetAt, offsetFormat } from "../../model/time-zones.ts";
import { randomId } from "../api/random-id.ts";
import { type LocalTime, scheduledAt } from "../ui/local-time.ts";

/** What is being written. */
export interface Draft {
  platformSetId: string;
  platforms: readonly PlatformName[];
  text: string;
  linkUrl: string;
  media: readonly Item[];
  overrides: Partial<Record<PlatformName, Override>>;
  /** Platforms that the post did not go to, and had something for: that is kept. */
  others: readonly PlatformName[];
  when: When;
  /** Not shown here; a copy has it too. */
  onPause?: Post["onPause"];
}

export interface Override {
  /** Absent: the shared text. */
  text?: string;
  /** Absent: the shared media. */
  media?: readonly Item[];
  /** As they are sent, but with items instead of media entries. */
  settings: Settings;
  /** The person says that the post is commercial, or not; in which way is in the settings. See `isCommercial`. */
  isCommercial?: boolean;
}

export type Settings = Readonly<Record<string, unknown>>;

export interface When extends LocalTime {
  /** `next`: the set's next free posting time. */
  kind: "draft" | "next" | "at";
  /** Of the IANA database. */
  timeZone: string;
}

/** A file of a post. */
export interface Item {
  key: string;
  /** The upload of its file, or its being fetched from a URL, which a platform's copy of it shares. */
  upload?: string;
  /** What is sent. While its file is being uploaded, nothing is. */
  entry: MediaEntry | null;
  shown: Shown;
}

export interface Shown {
  src: string | null;
  /** A small image of it, if the library has one. */
  small?: string | null;
  type: MediaType | null;
  name: string;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
}

export function emptyDraft(platformSetId: string, when: When): Draft {
  return { platformSetId, platforms: [], text: "", linkUrl: "", media: [], overrides: {}, others: [], when };
}

/** A post as the composer edits it. */
export function draftOf({ content, platformPosts, platformSetId, onPause }: Post, when: When): Draft {
  const overrides: Draft["overrides"] = {};
  const platforms = platformPosts.map(({ platform }) => platform);
  for (const platform of PLATFORM_NAMES) {
    const override = content.platformOverrides[platform];
    if (isRecord(override)) overrides[platform] = readOverride(override);
  }
  return {
    platformSetId,
    platforms,
    text: content.text,
    linkUrl: content.linkUrl ?? "",
    media: content.media.map(itemOf),
    overrides,
    others: PLATFORM_NAMES.filter((name) => overrides[name] !== undefined && !platforms.includes(name)),
    when,
    onPause,
  };
}

/** A copy of a post. What a platform requires people to choose themselves is chosen anew for it. */
export function copyOf(draft: Draft, dutiesOf: (platform: PlatformName) => SharingDuties | undefined): Draft {
  return PLATFORM_NAMES.reduce((copy, platform) => {
    const duties = dutiesOf(platform);
    if (duties === undefined) return copy;
    return settingsOfDuties(duties).reduce((each, setting) => withSetting(each, platform, [setting], undefined), copy);
  }, draft);
}

/** The settings that a platform's duties are about; they have no place in its other settings. */
export function settingsOfDuties({ audience, interactions, disclosure }: SharingDuties): string[] {
  return [
    audience.setting,
    ...interactions.items.map(({ setting }) => setting),
    ...disclosure.kinds.map(({ setting }) => setting),
  ];
}

/** Whether the person says that the post is commercial: until they say so or not, what is set says it. */
export function isCommercial(
  { isCommercial: said, settings }: Override,
  { kinds }: SharingDuties["disclosure"],
): boolean {
  return said ?? kinds.some(({ setting }) => settings[setting] === true);
}

function readOverride({ text, media, settings }: Record<string, unknown>): Override {
  return {
    ...(typeof text === "string" && { text }),
    ...(Array.isArray(media) && { media: media.filter(isRecord).map(itemOf) }),
    settings: isRecord(settings) ? withItems(settings) : {},
  };
}

/** Entries of media, which parts of a thread have too, as items. */
function withItems(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (!Array.isArray(member)) return [name, isRecord(member) ? withItems(member) : member];
      const read = name === "media" ? itemOf : withItems;
      return [name, member.map((each: unknown) => (isRecord(each) ? read(each) : each))];
    }),
  );
}

function itemOf(entry: MediaEntry): Item {
  const { id, url, type, filename, altText, width, height, durationSeconds, thumbnailUrl, thumbnailMediaId } = entry;
  const isStored = typeof id === "string" && (typeof url !== "string" || url.includes(`/media/${id}/`));
  return {
    key: newKey(),
    // The URL of a stored file is a signed one, which ends.
    entry: isStored ? { id, altText, thumbnailUrl, thumbnailMediaId } : entry,
    shown: {
      src: url ?? null,
      type: type ?? null,
      name: filename ?? url ?? "",
      width: width ?? null,
      height: height ?? null,
      durationSeconds: durationSeconds ?? null,
    },
  };
}

/** A stored file as an item. */
export function itemOfStored(media: Media): Item {
  const { id, url, thumbnailUrl, type, filename, width, height, durationSeconds, altText } = media;
  return {
    key: newKey(),
    entry: altText === null ? { id } : { id, altText },
    shown: { src: url, small: thumbnailUrl, type, name: filename, width, height, durationSeconds },
  };
}

/** A file at a public URL as an item. The post has the URL until the file is stored. */
export function itemAt(url: string): Item {
  const name = URL.parse(url)?.pathname.split("/").at(-1) ?? url;
  const type = /\.(mp4|mov|m4v)$/i.test(name) ? "video" : "image";
  const key = newKey();
  return {
    key,
    upload: key,
    entry: { url },
    // The page loads no picture from elsewhere without encryption.
    shown: { src: /^https:/i.test(url) ? url : null, type, name, width: null, height: null, durationSeconds: null },
  };
}

export function newKey(): string {
  return randomId();
}

/** Files as a platform's own: what is done to one of them is not done to the others' file. */
export function ownCopies(items: readonly Item[], platform: PlatformName): Item[] {
  return items.map((item) => ({ ...item, key: `${platform} ${item.key}` }));
}

/** What stands for an item in a content. */
type EntryOf = (item: Item) => MediaEntry | null;

/** The draft as the body of a request. `null` values count as omitted. */
export function contentOf(
  { text, linkUrl, media, overrides, platforms }: Draft,
  entryOf: EntryOf = ({ entry }) => entry,
) {
  return {
    text,
    linkUrl: linkUrl.trim() === "" ? null : linkUrl.trim(),
    media: entriesOf(media, entryOf),
    platformOverrides: Object.fromEntries(
      platforms.flatMap((platform) => {
        const override = overrides[platform];
        if (override === undefined) return [];
        const { settings, text: own, media: ownMedia } = override;
        const sent = {
          ...(own !== undefined && { text: own }),
          ...(ownMedia !== undefined && { media: entriesOf(ownMedia, entryOf) }),
          ...(Object.keys(settings).length > 0 && { settings: withEntries(settings, entryOf) }),
        };
        return Object.keys(sent).length === 0 ? [] : [[platform, sent]];
      }),
    ),
  };
}

export function timeOf(when: When) {
  if (when.kind === "next") return { nextPostingTime: true };
  return when.kind === "at" ? scheduledAt(when, when.timeZone) : { scheduledFor: null };
}

/** What is sent of a draft. */
export function bodyOf(draft: Draft, when: When) {
  const { platforms, others, platformSetId, onPause } = draft;
  return {
    content: contentOf({ ...draft, platforms: [...platforms, ...others] }),
    platforms: [...platforms],
    platformSetId,
    ...(onPause !== undefined && { onPause }),
    ...timeOf(when),
  };
}

function entriesOf(items: readonly Item[], entryOf: EntryOf): MediaEntry[] {
  return items.map(entryOf).filter((entry) => entry !== null);
}

function withEntries(value: unknown, entryOf: EntryOf): Record<string, unknown> {
  const sent = (member: unknown): unknown => {
    if (Array.isArray(member)) return member.every(isItem) ? entriesOf(member, entryOf) : member.map(sent);
    return isRecord(member) ? withEntries(member, entryOf) : member;
  };
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, sent(member)])) : {};
}

/** With what is known of the file, which the server has measured, and where it can be seen. */
export function shownEntry({ shown, entry }: Item): MediaEntry {
  const { src, type, name, width, height, durationSeconds } = shown;
  return { type, filename: name, width, height, durationSeconds, ...entry, url: src };
}

export function isItem(value: unknown): value is Item {
  return isRecord(value) && typeof value["key"] === "string" && isRecord(value["shown"]);
}

/** The uploads of files that are sent with the draft, and not there yet. */
export function awaitedUploads({ media, overrides, platforms, others }: Draft): string[] {
  const sent = [...platforms, ...others].map((platform) => overrides[platform]);
  const found: string[] = [];
  JSON.stringify([media, sent], (_, value: unknown) => {
    if (isItem(value) && value.entry === null) found.push(value.upload ?? value.key);
    return value;
  });
  return found;
}

export function isUploading(draft: Draft): boolean {
  return awaitedUploads(draft).length > 0;
}

/** The local time that the clocks of a time zone show at an instant: "2026-12-01T09:30". */
export function localTimeAt(instant: number, timeZone: string): string {
  return new Date(instant + offsetAt(offsetFormat(timeZone), instant)).toISOString().slice(0, 16);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a post sets on a platform. */
export function settingsIn({ content }: Pick<Post, "content">, platform: PlatformName): Settings {
  const override = content.platformOverrides[platform];
  return isRecord(override) && isRecord(override["settings"]) ? override["settings"] : {};
}

export function settingsOf(draft: Draft, platform: PlatformName): Settings {
  return draft.overrides[platform]?.settings ?? {};
}

export function withOverride(draft: Draft, platform: PlatformName, change: Partial<Override>): Draft {
  const before = draft.overrides[platform] ?? { settings: {} };
  return { ...draft, overrides: { ...draft.overrides, [platform]: { ...before, ...change } } };
}

/** Without a platform's own text or media, it gets what all get. */
export function withoutOwn(draft: Draft, platform: PlatformName, member: "text" | "media"): Draft {
  const { [member]: _, ...rest } = draft.overrides[platform] ?? { settings: {} };
  return { ...draft, overrides: { ...draft.overrides, [platform]: { ...rest, settings: rest.settings ?? {} } } };
}

export type Path = readonly (string | number)[];

/** A setting changed; undefined removes it, and what is empty after that. */
export function withSetting(draft: Draft, platform: PlatformName, path: Path, value: unknown): Draft {
  const changed = replaceAt(settingsOf(draft, platform), path, value);
  return withOverride(draft, platform, { settings: isRecord(changed) ? changed : {} });
}

export function replaceAt(value: unknown, [member, ...rest]: Path, next: unknown): unknown {
  if (member === undefined) return next;
  if (typeof member === "number") {
    const list: unknown[] = Array.isArray(value) ? value : [];
    const changed = replaceAt(list[member], rest, next);
    return changed === undefined ? list.toSpliced(member, 1) : list.toSpliced(member, 1, changed);
  }
  const { [member]: before, ...others } = isRecord(value) ? value : {};
  const changed = replaceAt(before, rest, next);
  return changed === undefined ? others : { ...others, [member]: changed };
}

/** A list of files in a draft: the shared ones, those of a platform, or those in a setting such as a part of a thread. */
export interface Slot {
  platform: PlatformName | null;
  path: Path;
}

export function itemsIn(draft: Draft, { platform, path }: Slot): readonly Item[] {
  if (platform === null) return draft.media;
  if (path.length === 0) return draft.overrides[platform]?.media ?? [];
  const value = valueAt(settingsOf(draft, platform), path);
  return Array.isArray(value) ? value.filter(isItem) : [];
}

export function withItemsIn(draft: Draft, { platform, path }: Slot, items: readonly Item[]): Draft {
  if (platform === null) return { ...draft, media: items };
  if (path.length === 0) return withOverride(draft, platform, { media: items });
  return withSetting(draft, platform, path, items.length === 0 ? undefined : items);
}

/** Changes the item with a key, wherever it is. */
export function withItem(draft: Draft, key: string, change: (item: Item) => Item | null): Draft {
  return withEach(draft, (item) => item.key === key, change);
}

/** Changes the items of an upload, of which platforms may have copies. */
export function withUpload(draft: Draft, upload: string, change: (item: Item) => Item | null): Draft {
  return withEach(draft, (item) => item.upload === upload, change);
}

/** Whether a file of the draft comes from an upload. */
export function hasUpload(draft: Draft, upload: string): boolean {
  let isFound = false;
  withUpload(draft, upload, (item) => {
    isFound = true;
    return item;
  });
  return isFound;
}

function withEach(draft: Draft, isMeant: (item: Item) => boolean, change: (item: Item) => Item | null): Draft {
  const inList = (list: readonly unknown[]): unknown[] =>
    list.flatMap((each) => {
      if (!isItem(each)) return [isRecord(each) ? inObject(each) : each];
      if (!isMeant(each)) return [each];
      const changed = change(each);
      return changed === null ? [] : [changed];
    });
  const inObject = (value: Settings): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        Array.isArray(member) ? inList(member) : isRecord(member) ? inObject(member) : member,
      ]),
    );
  const overrides: Draft["overrides"] = {};
  for (const platform of PLATFORM_NAMES) {
    const override = draft.overrides[platform];
    if (override === undefined) continue;
    overrides[platform] = {
      ...override,
      ...(override.media !== undefined && { media: inList(override.media).filter(isItem) }),
      settings: inObject(override.settings),
    };
  }
  return { ...draft, media: inList(draft.media).filter(isItem), overrides };
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, member) => {
    if (Array.isArray(at) && typeof member === "number") return at[member];
    return isRecord(at) ? at[String(member)] : undefined;
  }, value);
}

export function withoutPlatform(draft: Draft, platform: PlatformName): Draft {
  return { ...draft, platforms: draft.platforms.filter((each) => each !== platform) };
}
