import type { FastifyInstance, FastifyRequest } from "fastify";

import { PublicError } from "../../../model/errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { throttleFailures } from "../../auth/throttle.ts";
import { requireAppHost } from "../../calls/hosts.ts";
import { readText } from "../../calls/read-body.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { deauthorize, deleteDataOf } from "../../domain/accounts/remove-person.ts";
import type { Services } from "../../domain/services.ts";

/**
 * What Meta calls when a person removes the app or asks for the deletion of their data, with a form that the app's secret
 * signs. Addresses for the app's settings at the platform.
 */
export function addPlatformCallbacks(scope: FastifyInstance, services: Services): void {
  requireAppHost(scope, services.settings);
  scope.addHook("onRequest", async (_request, reply) => void reply.header("cache-control", "no-store"));
  const handlers = { "/meta/deauthorize/:platform": deauthorize, "/meta/data-deletion/:platform": deleteDataOf };
  for (const [path, handle] of Object.entries(handlers))
    scope.post(path, async (request) =>
      throttleFailures(services.pool, "platformCallback", { address: request.ip }, isRefused, async () => {
        const platform = platformOf(request.params);
        return (await handle(services, platform, await readSigned(request))).body;
      }),
    );
}

const isRefused = (error: unknown) => error instanceof PublicError;

const MAX_FORM_BYTES = 16 * 1024;

async function readSigned(request: FastifyRequest): Promise<string> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded")
    throw refuseRequest(
      "request.contentType",
      "The form is not application/x-www-form-urlencoded",
      "Send the form field signed_request as application/x-www-form-urlencoded.",
    );
  return new URLSearchParams(await readText(request, MAX_FORM_BYTES)).get("signed_request") ?? "";
}

function platformOf(params: unknown): PlatformName {
  const given: unknown = Object(params).platform;
  const platform = PLATFORM_NAMES.find((name) => name === given);
  if (platform !== undefined) return platform;
  throw refuseRequest(
    "request.route",
    "The platform has no such callback",
    "Check the address in the platform's developer portal.",
    "NOT_FOUND",
  );
}
