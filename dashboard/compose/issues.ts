import type { Issue } from "../../client/types.ts";
import { type PlatformName, PLATFORM_NAMES } from "../../model/platform-names.ts";
import type { Described } from "./context.ts";
import { type Draft, type Path, settingsOf } from "./draft.ts";

/** An issue, or a warning, which prevents nothing. */
export type Finding = Issue & { isWarning: boolean };

export const ALL = "all";
export type Tab = PlatformName | typeof ALL;

/** A JSON Pointer into what is one platform's: the platform, its text, media or settings, and the rest. */
export const OVERRIDE = /^\/content\/platformOverrides\/([^/]+)(?:\/(text|media|settings)(?:\/(.*))?)?$/;

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
