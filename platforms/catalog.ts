import type { PlatformName } from "../model/platform-names.ts";
import type { Definition } from "./definition.ts";
import { facebook } from "./facebook/definition.ts";
import { instagram } from "./instagram/definition.ts";
import { linkedin } from "./linkedin/definition.ts";
import { threads } from "./threads/definition.ts";
import { tiktok } from "./tiktok/definition.ts";
import { twitter } from "./twitter/definition.ts";
import { youtube } from "./youtube/definition.ts";

/** The pure half of the platforms, by name: no network code, safe in a browser. */
export const catalog: Record<PlatformName, Definition> = {
  instagram,
  facebook,
  twitter,
  linkedin,
  tiktok,
  youtube,
  threads,
};
