import { forEachPlatform, type PlatformName } from "../model/platform-names.ts";
import { withBoundOAuth } from "./bound-oauth.ts";
import type { OAuth, Platform } from "./platform.ts";
import * as registry from "./registry.ts";

/** The platforms, by name. One without a broker can be validated, but no account can be connected. */
export const platforms: Readonly<Record<PlatformName, Platform>> = forEachPlatform((name) =>
  withBoundOAuth(registry[name]),
);

/** A platform's sign-in, its default or another by name; undefined if there is none. */
export function loginOf(platform: PlatformName, login = ""): OAuth | undefined {
  const { oauth, otherLogins = {} } = platforms[platform];
  if (login === "") return oauth;
  return Object.hasOwn(otherLogins, login) ? otherLogins[login] : undefined;
}
