import type { AccountKey } from "../../model/tenant.ts";
import { confirmRefusal } from "./confirm-refusal.ts";
import { freshToken } from "./fresh-token.ts";
import { refreshProfile } from "./profile.ts";
import { isFinal } from "./renew-token.ts";
import type { OAuthServices } from "./services.ts";

/** Longer than any platform's token lifetime: whatever can be renewed is. */
const AS_FRESH_AS_CAN_BE_SECONDS = 10 * 365 * 86_400;

/**
 * Renews an account's token if the platform supports it, and refreshes its profile and metadata. If the platform has
 * ended access, the account's token health shows it, as in publishing. Throws all other BrokerErrors and
 * TransportErrors.
 */
export async function renewAndReadAgain(services: OAuthServices, account: AccountKey): Promise<void> {
  try {
    const accessToken = await freshToken(services, account, { minLifetimeSeconds: AS_FRESH_AS_CAN_BE_SECONDS });
    await refreshProfile(services, account, accessToken);
  } catch (error) {
    if (!isFinal(error)) throw error;
    await confirmRefusal(services, account, error);
  }
}
