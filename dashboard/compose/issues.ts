import type { Issue } from "../../client/types.ts";
import type { Counting } from "../../model/capabilities.ts";
import { type PlatformName, PLATFORM_NAMES } from "../../model/platform-names.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import type { Described } from "./context.ts";
import { type Draft, settingsOf, valueAt, withOverride, withSetting, type Path } from "./draft.ts";

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
  if (/^\/(content\/(text|media|linkUrl)|platforms|scheduledFor|nextPostingTime|timeZone)(\/|$)/.test(path))
    return true;
  const [, name, member, rest = ""] = OVERRIDE.exec(path) ?? [];
  const platform = PLATFORM_NAMES.find((each) => each === name);
  if (platform === undefined || member === undefined) return false;
  return member !== "settings" || settingNames(platform).includes(rest.split("/")[0] ?? "");
}

export function isAt({ path }: Finding, pointer: string, isDeep: boolean): boolean {
  return path === pointer || (isDeep && path.startsWith(`${pointer}/`));
}

/** What can be done about an issue by a press of a button. */
export type Fix =
  | { name: "cut"; platform: PlatformName; apply: Apply }
  | { name: "ownText" | "ownMedia" | "removePlatform"; platform: PlatformName; apply: Apply }
  | { name: "keepFirst"; count: number; apply: Apply }
  | { name: "clear" | "noLink" | "noTime"; apply: Apply }
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
  const cut = (text: string) => (cutTo && counting && typeof limit === "number" ? cutTo(text, limit, counting) : null);
  if (rule.endsWith(".length") && typeof limit === "number" && cutTo !== undefined && counting !== undefined)
    return [
      {
        name: "cut",
        platform,
        apply: (before) => {
          if (member === "settings") {
            const at = pathOf(rest);
            const shorter = cut(String(valueAt(settingsOf(before, platform), at) ?? ""));
            return shorter === null ? before : withSetting(before, platform, at, shorter);
          }
          const text = cut(before.overrides[platform]?.text ?? before.text);
          return text === null ? before : withOverride(before, platform, { text });
        },
      },
      ...(path === "/content/text"
        ? [{ name: "ownText", platform, apply: (before: Draft) => ownText(before, platform) } as const]
        : []),
    ];
  if (member === "settings" && valueAt(settingsOf(draft, platform), pathOf(rest)) !== undefined)
    return [{ name: "clear", apply: (before) => withSetting(before, platform, pathOf(rest), undefined) }];
  if (rule.endsWith(".media.shape") && typeof issue.actual === "number" && typeof limit === "number") {
    const count = limit;
    const tooMany = issue.actual > count && count > 0;
    return [
      ...(tooMany
        ? [
            {
              name: "keepFirst",
              count,
              apply: (before: Draft) =>
                withOverride(before, platform, {
                  media: (before.overrides[platform]?.media ?? before.media).slice(0, count),
                }),
            } as const,
          ]
        : []),
      ...(member === undefined && draft.media.length > 0
        ? [
            {
              name: "ownMedia",
              platform,
              apply: (before: Draft) => withOverride(before, platform, { media: [...before.media] }),
            } as const,
          ]
        : []),
      ...(draft.platforms.length > 1 ? remove : []),
    ];
  }
  return [];
}

export type CutTo = (text: string, max: number, counting: Counting) => string;

export function ownText(draft: Draft, platform: PlatformName): Draft {
  return withOverride(draft, platform, { text: draft.overrides[platform]?.text ?? draft.text });
}

export function withoutPlatform(draft: Draft, platform: PlatformName): Draft {
  return { ...draft, platforms: draft.platforms.filter((each) => each !== platform) };
}

function pathOf(pointer: string): Path {
  return pointer.split("/").map((member) => (/^\d+$/.test(member) ? Number(member) : member));
}
