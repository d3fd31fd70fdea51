import { z } from "zod";

import type { SandboxFaults } from "../../../contract/operations/sandbox-faults.ts";
import { PublicError } from "../../../model/errors.ts";
import { FAULT_KINDS, type FaultKind } from "../../../model/fault-kinds.ts";
import { findConnection } from "../../db/queries/connections.ts";
import { accountKeyParams, openAccessToken } from "../../oauth/stored-grant.ts";
import { readAccount } from "../accounts/accounts.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

type FaultServices = Pick<Services, "pool" | "oauth" | "settings">;

/** How an account's next calls fail in the sandbox. */
export async function getSandboxFaults(
  services: FaultServices,
  call: Pick<Call, "userId" | "mode">,
  id: string,
): Promise<Answer<SandboxFaults>> {
  return { body: await askSandbox(services, call, id) };
}

/** Sets how they fail. */
export async function setSandboxFaults(
  services: FaultServices,
  call: Call,
  id: string,
  faults: readonly FaultKind[],
): Promise<Answer<SandboxFaults>> {
  const body = await askSandbox(services, call, id, faults);
  return await write(services, call, async () => ({ body }));
}

/**
 * The sandbox knows the account by its access token, which only its own tenant has. Throws NOT_FOUND,
 * VALIDATION_FAILED in live mode, AUTH_REVOKED if the account is not connected, and UNAVAILABLE.
 */
async function askSandbox(
  services: FaultServices,
  { userId, mode }: Pick<Call, "userId" | "mode">,
  id: string,
  kinds?: readonly FaultKind[],
): Promise<SandboxFaults> {
  const { pool, oauth, settings } = services;
  const { platform } = await readAccount(services, pool, { userId, mode }, id);
  if (mode === "live")
    throw PublicError.of({
      rule: "sandbox.mode",
      message: "Only accounts of test mode are in the sandbox",
      fix: "Use a test key and a test account.",
    });
  const connection = await findConnection.one(pool, accountKeyParams({ accountId: id, userId, mode }));
  if (connection === undefined)
    throw new PublicError("AUTH_REVOKED", "The account is no longer connected. Connect it again.");
  const answer = await oauth.directHttp
    .send({
      method: "PUT",
      url: `${settings.sandboxUrl}/_sandbox/account-faults`,
      json: { platform, accessToken: openAccessToken(oauth, connection), kinds },
    })
    .catch(() => null);
  const read = answer?.status === 200 ? answered.safeParse(answer.json()) : undefined;
  if (read?.success === true) return read.data;
  if (answer?.status === 400)
    throw new PublicError("AUTH_REVOKED", "The sandbox does not know this account's access. Connect it again.");
  throw PublicError.of(
    {
      rule: "sandbox.away",
      code: "UNAVAILABLE",
      message: "The sandbox cannot be reached",
      fix: "Start it with `ampost sandbox`, or check AMPOST_SANDBOX_URL.",
    },
    { headers: { "retry-after": "5" } },
  );
}

const answered = z.object({ faults: z.array(z.object({ kind: z.enum(FAULT_KINDS), expiresAt: z.string() })) });
