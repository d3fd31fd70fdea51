import type { Issue } from "../../client/types.ts";
import type { Counting } from "../../model/capabilities.ts";
import { type PlatformName, PLATFORM_NAMES } from "../../model/platform-names.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import type { Described } from "./context.ts";
import {
  type Draft,
  type Item,
  itemsIn,
  ownCopies,
  type Path,
  settingsOf,
  type Slot,
  valueAt,
  withItem,
  withItemsIn,
  withOverride,
  withSetting,
} from "./draft.ts";

/** An issue, or a warning, which prevents nothing. */
export type Finding = Issue & { isWarning: boolean };

export const ALL = "all";
export type Tab = PlatformName | typeof ALL;

const OVERRIDE = /^\/content\/platformOverrides\/([^/]+)(?:\/(text|media|settings)(?:\/(.*))?)?$/;

/** The tab in which an issue's field is. */
export function tabOf({ path }: Finding): Tab {
  const platform = OVERRIDE.exec(path)?.[1];
  return PLATFORM_NAMES.find((each) => each === platform) ?? ALL;
}

/** Where a setting is in a post. */
export function pointerOf(platform: PlatformName, path: Path): string {
  return ["/content/platformOverrides", platform, "settings", ...path].join("/");
}

/** Somebody says that the post is commercial, and not yet in which way. */
export function missingDisclosures(draft: Draft, described: ReadonlyMap<PlatformName, Described>): Finding[] {
  return draft.platforms.flatMap((platform) => {
    const disclosure = described.get(platform)?.capabilities.sharing?.disclosure;
    const settings = settingsOf(draft, platform);
    const [first] = disclosure?.kinds ?? [];
    if (disclosure === undefined || first === undefined || draft.overrides[platform]?.isCommercial !== true) return [];
    if (disclosure.kinds.some(({ setting }) => settings[setting] === true)) return [];
    return [
      {
        rule: `${platform}.disclosure`,
        code: "VALIDATION_FAILED",
        platform,
        path: pointerOf(platform, [first.setting]),
        message: disclosure.missing,
        actual: null,
        limit: null,
        fix: "",
        isWarning: false,
      },
    ];
  });
}

/** Whether some field of the composer shows the issue; those that none shows are listed by themselves. */
export function hasField({ path }: Finding, settingNames: (platform: PlatformName) => readonly string[]): boolean {
  if (/^\/(content\/(text|media|linkUrl)|platforms|scheduledFor|nextPostingTime)(\/|$)/.test(path)) return true;
  const [, name, member, rest = ""] = OVERRIDE.exec(path) ?? [];
  const platform = PLATFORM_NAMES.find((each) => each === name);
  if (platform === undefined || member === undefined) return false;
  return member !== "settings" || settingNames(platform).includes(rest.split("/")[0] ?? "");
}

export function isAt({ path }: Finding, pointer: string, isDeep: boolean): boolean {
  return path === pointer || (isDeep && path.startsWith(`${pointer}/`));
}

/** Whether more files may mend it. */
export function isMendedByFiles({ rule, actual, limit }: Issue): boolean {
  if (rule.endsWith(".media.shape")) return Number(actual) <= Number(limit);
  return rule.endsWith(".placement.media") || rule.endsWith(".text.required");
}

/** What can be done about an issue by a press of a button. */
export type Fix =
  | { name: "cut"; platform: PlatformName; apply: Apply }
  | { name: "ownText" | "ownMedia" | "removePlatform"; platform: PlatformName; apply: Apply }
  | { name: "keepFirst"; count: number; apply: Apply }
  | { name: "clear" | "cutAltText" | "noLink" | "noTime"; apply: Apply }
  | { name: "useTime"; local: string; apply: Apply };

type Apply = (draft: Draft) => Draft;

/** `cutTo` cuts a text to a length as a platform counts it. */
export function fixesOf(issue: Finding, draft: Draft, cutTo: CutTo | undefined, counting: Counting | undefined): Fix[] {
  const { platform, path, rule, limit } = issue;
  const remove: Fix[] =
    platform === null
      ? []
      : [{ name: "removePlatform", platform, apply: (before) => withoutPlatform(before, platform) }];
  if (rule === "scheduledFor.skipped" && draft.when.kind === "at") {
    const local = readLocalTime(draft.when.local, draft.when.timeZone).instead?.slice(0, 16);
    return local === undefined
      ? []
      : [{ name: "useTime", local, apply: (before) => ({ ...before, when: { ...before.when, local, at: null } }) }];
  }
  if (path === "/scheduledFor")
    return [
      { name: "noTime", apply: (before) => ({ ...before, when: { ...before.when, kind: "draft" } }) },
      ...(draft.platforms.length > 1 ? remove : []),
    ];
  if (path.startsWith("/platforms/")) return remove;
  if (path === "/content/linkUrl") return [{ name: "noLink", apply: (before) => ({ ...before, linkUrl: "" }) }];
  if (platform === null) return [];
  const [, , member, rest = ""] = OVERRIDE.exec(path) ?? [];
  const cut = (text: string, added = "") =>
    cutTo && counting && typeof limit === "number" ? cutTo(text, limit, counting, added) : null;
  const isTooLong = rule.endsWith(".length");
  if (isTooLong && (cutTo === undefined || counting === undefined)) return [];
  if (ALT_TEXT.test(path)) {
    const key = isTooLong ? fileAt(draft, path)?.key : undefined;
    const cutIt = (item: Item) => ({
      ...item,
      entry: { ...item.entry, altText: cut(item.entry?.altText ?? "") ?? item.entry?.altText },
    });
    return key === undefined ? [] : [{ name: "cutAltText", apply: (before) => withItem(before, key, cutIt) }];
  }
  if (isTooLong && member === "settings") {
    const at = pathOf(rest);
    const shorten: Apply = (before) => {
      const text = valueAt(settingsOf(before, platform), at);
      const shorter = typeof text === "string" ? cut(text) : null;
      return shorter === null ? before : withSetting(before, platform, at, shorter);
    };
    return [{ name: "cut", platform, apply: shorten }];
  }
  if (isTooLong && cutTo && counting && (path === "/content/text" || member === "text"))
    return [
      {
        name: "cut",
        platform,
        apply: (before) => {
          const text = before.overrides[platform]?.text ?? before.text;
          // Shorter than what was counted: the link is added to it.
          const isAdded = typeof issue.actual === "number" && cutTo(text, issue.actual - 1, counting) === text;
          const added = isAdded ? ` ${before.linkUrl.trim()}` : "";
          return withOverride(before, platform, { text: cut(text, added) ?? text });
        },
      },
      ...(path === "/content/text"
        ? [{ name: "ownText", platform, apply: (before: Draft) => ownText(before, platform) } as const]
        : []),
    ];
  if (rule.endsWith(".media.shape") && typeof issue.actual === "number" && typeof limit === "number") {
    const count = limit;
    const tooMany = issue.actual > count && count > 0;
    return [
      ...(tooMany
        ? [
            {
              name: "keepFirst",
              count,
              apply: (before: Draft) => {
                const own = member === undefined ? withOwnMedia(before, platform) : before;
                const slot = member === undefined ? { platform, path: [] } : slotAt(path);
                return withItemsIn(own, slot, itemsIn(own, slot).slice(0, count));
              },
            } as const,
          ]
        : []),
      ...(member === undefined && draft.media.length > 0
        ? [
            {
              name: "ownMedia",
              platform,
              apply: (before: Draft) => withOwnMedia(before, platform),
            } as const,
          ]
        : []),
      ...(draft.platforms.length > 1 ? remove : []),
    ];
  }
  if (member !== "settings") return [];
  const at = pathOf(rest);
  return isRemovable(valueAt(settingsOf(draft, platform), at), at, rule)
    ? [{ name: "clear", apply: (before) => withSetting(before, platform, at, undefined) }]
    : [];
}

export type CutTo = (text: string, max: number, counting: Counting, added?: string) => string;

export function ownText(draft: Draft, platform: PlatformName): Draft {
  return withOverride(draft, platform, { text: draft.overrides[platform]?.text ?? draft.text });
}

/** The platform gets files of its own, at first the shared ones. */
export function withOwnMedia(draft: Draft, platform: PlatformName): Draft {
  return withOverride(draft, platform, { media: ownCopies(draft.media, platform) });
}

export function withoutPlatform(draft: Draft, platform: PlatformName): Draft {
  return { ...draft, platforms: draft.platforms.filter((each) => each !== platform) };
}

const ALT_TEXT = /^(.*\/media)\/(\d+)\/altText$/;

/** The file that an issue of its alt text is about. Files on their way have no place in a request. */
function fileAt(draft: Draft, pointer: string): Item | undefined {
  const [, list = "", place = ""] = ALT_TEXT.exec(pointer) ?? [];
  return itemsIn(draft, slotAt(list)).filter(({ entry }) => entry !== null)[Number(place)];
}

function slotAt(pointer: string): Slot {
  const [, name, member, rest = ""] = OVERRIDE.exec(pointer) ?? [];
  const platform = PLATFORM_NAMES.find((each) => each === name) ?? null;
  return { platform, path: member === "settings" ? pathOf(rest) : [] };
}

/** Whether an issue is mended by removing what it is about: not a list that somebody has made, or a part of it. */
function isRemovable(value: unknown, at: Path, rule: string): boolean {
  if (value === undefined || value === "" || Array.isArray(value) || rule.endsWith(".characters")) return false;
  const isOneOfMany = typeof at.at(-1) === "number" && typeof value === "string";
  return isOneOfMany || !at.some((member) => typeof member === "number");
}

function pathOf(pointer: string): Path {
  return pointer.split("/").map((member) => (/^\d+$/.test(member) ? Number(member) : member));
}
