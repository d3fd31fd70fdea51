import { forEachPlatform, type PlatformName } from "../model/platform-names.ts";
import { withBoundOAuth } from "./bound-oauth.ts";
import type { OAuth, Platform } from "./platform.ts";
import * as registry from "./registry.ts";

/** The platforms, by name. One without a broker can be validated, but nobody can connect an account of it. */
export const platforms: Readonly<Record<PlatformName, Platform>> = forEachPlatform((name) =>
  withBoundOAuth(registry[name]),
);

/** How one signs in at a platform: in its usual way, or another by its name there; undefined where there is none. */
export function loginOf(platform: PlatformName, login = ""): OAuth | undefined {
  const { oauth, otherLogins = {} } = platforms[platform];
  if (login === "") return oauth;
  return Object.hasOwn(otherLogins, login) ? otherLogins[login] : undefined;
}
