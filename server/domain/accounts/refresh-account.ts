import type { Account } from "../../../contract/operations/accounts.ts";
import { BROKER_CODES, PublicError } from "../../../model/errors.ts";
import { TransportError } from "../../../platforms/kit/http.ts";
import { BrokerError } from "../../../platforms/platform.ts";
import { renewAndReadAgain } from "../../oauth/renew-and-read.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { readAccount } from "./accounts.ts";

/**
 * Renews an account's access if the platform supports it, and refreshes its profile. If the platform has ended access,
 * the account's token health shows it. Throws NOT_FOUND, AUTH_REVOKED if the account is not connected, and BROKER_ERROR
 * while the platform is down.
 */
export async function refreshAccount(
  services: Pick<Services, "pool" | "oauth">,
  call: Call,
  id: string,
): Promise<Answer<{ account: Account }>> {
  const account = await readAccount(services, services.pool, call, id);
  if (account.status !== "active")
    throw new PublicError("AUTH_REVOKED", "The account is no longer connected. Connect it again.");
  await renewAndReadAgain(services.oauth, { accountId: id, userId: call.userId, mode: call.mode }).catch(
    (error: unknown) => {
      throw toPublic(error);
    },
  );
  return await write(services, call, async (tx) => {
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "account.refreshed",
      target: id,
      data: { platform: account.platform },
    });
    return { body: { account: await readAccount(services, tx, call, id) } };
  });
}

function toPublic(error: unknown): unknown {
  if (error instanceof TransportError)
    return new PublicError("BROKER_ERROR", "The platform cannot be reached right now. Try again later.");
  if (!(error instanceof BrokerError)) return error;
  const code = BROKER_CODES[error.code].publicCode === "RATE_LIMITED" ? "RATE_LIMITED" : "BROKER_ERROR";
  return new PublicError(code, error.message);
}
