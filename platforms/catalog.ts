import { forEachPlatform, type PlatformName } from "../model/platform-names.ts";
import type { Definition } from "./definition.ts";
import * as definitions from "./definitions.ts";

/** The pure half of the platforms, by name: no network code, safe in a browser. */
export const catalog: Readonly<Record<PlatformName, Definition>> = forEachPlatform((name) => definitions[name]);

export { EXAMPLE_PLATFORM } from "../model/platform-names.ts";

/** Used by examples that need something specific. */
export const EXAMPLE_PLATFORMS = {
  withSettings: "linkedin",
  withShortText: "twitter",
  withTitle: "youtube",
  withImages: "instagram",
  withOneKindOfMedia: "tiktok",
  asOtherLogin: "facebook",
} as const satisfies Record<string, PlatformName>;
