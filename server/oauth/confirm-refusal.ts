import type { AccountKey } from "../../model/tenant.ts";
import { findConnection } from "../db/queries/connections.ts";
import { transaction } from "../db/sql.ts";
import { refreshProfile } from "./profile.ts";
import { type FinalError, isFinal } from "./renew-token.ts";
import type { OAuthServices } from "./services.ts";
import { accountKeyParams, openAccessToken } from "./stored-grant.ts";
import { changeHealth } from "./token-health.ts";

/** What a platform's refusal says about the account: access has ended, it works all the same, or that is not known. */
export type Verdict = "ended" | "works" | "unclear";

/**
 * A platform has refused something as if access had ended. Platforms also do that for a single post, or for a moment, so
 * the profile is read before it is believed. Then the account's health shows it.
 */
export async function confirmRefusal(
  services: OAuthServices,
  account: AccountKey,
  { code, message }: Pick<FinalError, "code" | "message">,
): Promise<Verdict> {
  const held = await findConnection.one(services.pool, accountKeyParams(account));
  if (!held) return "ended";
  try {
    await refreshProfile(services, account, openAccessToken(services, held));
    return "works";
  } catch (error) {
    if (!isFinal(error)) {
      services.log.warn(
        { err: error, accountId: account.accountId, platform: held.platform },
        "whether an account has lost access could not be checked",
      );
      return "unclear";
    }
    const health = { health: code === "AUTH_EXPIRED" ? "expired" : "revoked", reason: message } as const;
    await transaction(services.pool, (tx) => changeHealth(tx, account, health, { issuedAt: held.issued_at }));
    return "ended";
  }
}
