import { newId } from "../../model/ids.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { PublicError } from "../../model/errors.ts";
import type { Grant, Profile } from "../../platforms/platform.ts";
import { lockActiveAccount, lockSet, revokeAccount, saveAccount } from "../db/connections.ts";
import { transaction } from "../db/sql.ts";
import { storeGrant } from "./fresh-token.ts";
import type { OAuthServices } from "./services.ts";

/** Where an account is to be connected. */
export interface Place {
  userId: string;
  mode: Mode;
  platformSetId: string;
  platform: PlatformName;
}

/**
 * Stores a grant as the set's account of its platform and answers the account's id. The same platform account keeps its
 * id, and what the platform does not send again (a refresh token) stays; another one replaces it, since a set holds at
 * most one active account of a platform.
 */
export async function storeConnection(services: OAuthServices, place: Place, grant: Grant, profile: Profile): Promise<string> {
  return await transaction(services.pool, async (tx) => {
    if (!(await lockSet.one(tx, [place.platformSetId, place.userId, place.mode]))) {
      throw new PublicError("NOT_FOUND", "Platform set not found.");
    }
    const active = await lockActiveAccount.one(tx, [place.platformSetId, place.platform, place.userId, place.mode]);
    const same = active?.platform_account_id === profile.platformAccountId;
    if (active && !same) await revokeAccount.run(tx, [active.id, place.userId, place.mode, "Another account was connected in its place."]);
    const accountId = active && same ? active.id : newId();
    await saveAccount.run(tx, [
      accountId,
      place.userId,
      place.mode,
      place.platformSetId,
      place.platform,
      profile.platformAccountId,
      profile.username,
      profile.displayName,
      profile.avatarUrl,
      grant.scopes ?? [],
      profile.metadata,
    ]);
    await storeGrant(services, tx, { accountId, userId: place.userId, mode: place.mode }, grant);
    return accountId;
  });
}
