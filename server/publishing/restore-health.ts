import { hasEnded } from "../oauth/token-health.ts";
import type { ClaimedWork } from "./work.ts";

/** The platform has accepted a request: an account that was thought to have lost access has not. */
export async function noteAccess({ deps, row }: Pick<ClaimedWork, "deps" | "row">): Promise<void> {
  const { account_id: accountId, user_id: userId, mode } = row;
  if (accountId === null || row.token_health === null || !hasEnded(row.token_health)) return;
  row.token_health = "healthy";
  await deps
    .restoreHealth?.({ accountId, userId, mode })
    .catch((error: unknown) =>
      deps.log.warn({ err: error, accountId }, "the health of an account could not be stored"),
    );
}
