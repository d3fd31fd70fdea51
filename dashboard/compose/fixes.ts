import type { Counting } from "../../model/capabilities.ts";
import { type PlatformName, PLATFORM_NAMES } from "../../model/platform-names.ts";
import { readLocalTime } from "../../model/time-zones.ts";
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
  withoutPlatform,
  withSetting,
} from "./draft.ts";
import { type Finding, OVERRIDE } from "./issues.ts";

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
