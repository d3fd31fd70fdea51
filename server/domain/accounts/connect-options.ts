import type { ConnectOption } from "../../../contract/operations/connections.ts";
import { takesConfigId } from "../../../model/environment.ts";
import { PublicError } from "../../../model/errors.ts";
import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { askedScopes } from "../../../platforms/kit/scopes.ts";
import { scopesOfApp } from "../../../platforms/scopes.ts";
import { redirectUriOf } from "../../oauth/app.ts";
import type { Answer } from "../call.ts";
import { listPlatformSets } from "../platform-sets/platform-sets.ts";
import type { Services } from "../services.ts";
import { connectMethods } from "./connect-methods.ts";

/** How accounts can be connected to a platform set, and what own apps need. Throws NOT_FOUND. */
export async function listConnectOptions(
  services: Pick<Services, "pool" | "oauth">,
  caller: Tenant,
  platformSetId: string,
): Promise<Answer<{ connectOptions: ConnectOption[] }>> {
  const { sets } = (await listPlatformSets(services, caller)).body;
  if (!sets.some(({ id }) => id === platformSetId)) throw new PublicError("NOT_FOUND", "Platform set not found.");
  const { userId, mode } = caller;
  const methods = await connectMethods(services.oauth, { userId, mode, platformSetId });
  const connectOptions = PLATFORM_NAMES.map((platform): ConnectOption => {
    const scopes = scopesOfApp(platform);
    const asked = askedScopes(scopes);
    return {
      platform,
      logins: methods.filter((each) => each.platform === platform).map(({ login, label }) => ({ login, label })),
      ownApp: {
        portalUrl: services.oauth.oauthOf(platform)?.portalUrl ?? null,
        redirectUri: redirectUriOf(services.oauth, platform, mode),
        scopes: scopes.map(({ name, why, without = null }) => ({
          name,
          why,
          without,
          isDefault: asked.includes(name),
        })),
        hasConfigId: takesConfigId(platform),
        limits: catalog[platform].capabilities.quotas.flatMap(({ name, per, max }) =>
          per === "app" ? [{ name, documented: max }] : [],
        ),
      },
    };
  });
  return { body: { connectOptions } };
}
