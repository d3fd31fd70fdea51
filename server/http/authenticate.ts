import type { FastifyRequest } from "fastify";

import { PublicError } from "../../model/errors.ts";
import type { KeyHolder } from "../domain/api-keys/key-holders.ts";
import type { Services } from "../domain/services.ts";

/** Whom the request's Bearer key speaks for. Throws UNAUTHORIZED. */
export async function authenticate(services: Pick<Services, "keyHolders">, request: FastifyRequest): Promise<KeyHolder> {
  const header = request.headers.authorization;
  if (header === undefined) throw unauthorized("The API key is missing: send it in the header Authorization: Bearer amp_live_…");
  const key = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  if (key === undefined) throw unauthorized("The Authorization header is not of the form: Bearer amp_live_…");
  const caller = await services.keyHolders.find(key);
  if (caller === null) throw unauthorized("The API key is unknown, expired or revoked");
  return caller;
}

function unauthorized(message: string): PublicError {
  const fix = "Create a key with `ampost keys create`, or in the dashboard under API keys.";
  const issue = { rule: "request.apiKey", code: "UNAUTHORIZED", platform: null, path: "", message, actual: null, limit: null, fix } as const;
  return new PublicError("UNAUTHORIZED", message, { issues: [issue], headers: { "www-authenticate": 'Bearer realm="Ampost"' } });
}
