import type { PlatformName } from "../model/platform-names.ts";
import { withBoundOAuth } from "./bound-oauth.ts";
import { facebook } from "./facebook/index.ts";
import { instagram } from "./instagram/index.ts";
import { linkedin } from "./linkedin/index.ts";
import type { OAuth, Platform } from "./platform.ts";
import { threads } from "./threads/index.ts";
import { tiktok } from "./tiktok/index.ts";
import { twitter } from "./twitter/index.ts";
import { youtube } from "./youtube/index.ts";

/** The seven, by name: the only registry. One without a broker can be judged, but nobody can connect an account of it. */
export const platforms: Readonly<Record<PlatformName, Platform>> = {
  instagram: withBoundOAuth(instagram),
  facebook: withBoundOAuth(facebook),
  twitter: withBoundOAuth(twitter),
  linkedin: withBoundOAuth(linkedin),
  tiktok: withBoundOAuth(tiktok),
  youtube: withBoundOAuth(youtube),
  threads: withBoundOAuth(threads),
};

/** Where examples publish: it takes a text alone, one image and a carousel, and asks for no settings. */
export const EXAMPLE_PLATFORM: PlatformName = "threads";

/** How one signs in at a platform: in its usual way, or another by its name there; undefined where there is none. */
export function loginOf(platform: PlatformName, login = ""): OAuth | undefined {
  const { oauth, otherLogins = {} } = platforms[platform];
  if (login === "") return oauth;
  return Object.hasOwn(otherLogins, login) ? otherLogins[login] : undefined;
}
