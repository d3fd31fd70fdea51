import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { platforms } from "../../../platforms/index.ts";
import { findApp } from "../../oauth/app.ts";
import type { OAuthServices } from "../../oauth/services.ts";

/** A platform and how to sign in there. */
export interface ConnectMethod {
  platform: PlatformName;
  /** '' or the name of one of the platform's other logins. */
  login: string;
  /** "Instagram", "Instagram through Facebook" */
  label: string;
}

/** Every way to connect an account to a set for which there is an app. In test mode, the sandbox provides one. */
export async function connectMethods(
  oauth: OAuthServices,
  { platformSetId, ...caller }: Tenant & { platformSetId: string },
  among: readonly PlatformName[] = PLATFORM_NAMES,
): Promise<ConnectMethod[]> {
  const ways = among.flatMap((platform) =>
    ["", ...Object.keys(platforms[platform].otherLogins ?? {})].map((login) => ({
      platform,
      login,
      label: labelOf(platform, login),
    })),
  );
  if (caller.mode === "test") return ways;
  const apps = await Promise.all(ways.map((way) => findApp(oauth, { ...caller, ...way, platformSetId })));
  return ways.filter((_, index) => apps[index] !== null);
}

function labelOf(platform: PlatformName, login: string): string {
  const { label } = catalog[platform].capabilities;
  const through = PLATFORM_NAMES.find((name) => name === login);
  return through === undefined ? label : `${label} through ${catalog[through].capabilities.label}`;
}
