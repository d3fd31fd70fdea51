import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";

import { PublicError } from "../../../model/errors.ts";
import { BINDINGS } from "../../calls/bindings.ts";
import { sendUnlimited } from "../../calls/call-meter.ts";
import { refuseRequest } from "../../calls/refusals.ts";

/** For unknown URLs and unsupported methods: the standard error, with the allowed methods. */
export function addNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    answerAsApi(request, reply);
    // Clients that look for metadata must learn that there is none.
    if (path.startsWith("/.well-known/")) reply.header("access-control-allow-origin", "*");
    const allowed = methodsAt(path);
    if (allowed.length === 0)
      throw refuseRequest(
        "request.route",
        `No endpoint matches ${request.method} ${path.slice(0, 200)}`,
        "Check the method and path in the documentation.",
        "NOT_FOUND",
      );
    reply.header("allow", allowed.join(", "));
    throw new PublicError("NOT_FOUND", `${request.method} is not allowed here. Allowed: ${allowed.join(", ")}`);
  });
}

/** Errors below the public API's path that occur before any route have the same headers as all responses there. */
export function answerAsApi(request: FastifyRequest, reply: FastifyReply): void {
  if (!request.url.startsWith("/api/v1/")) return;
  sendUnlimited(reply);
  reply.header("access-control-allow-origin", "*");
}

/** The methods of the operations at a path. No more steps are looked at than the longest operation has. */
function methodsAt(path: string): HTTPMethods[] {
  const given = path.replace(/\/$/, "").split("/", MOST_STEPS + 1);
  const at = STEPS.filter(({ steps }) => matches(steps, given)).map(({ method }) => method);
  return [...new Set(at)];
}

const STEPS = BINDINGS.map(({ operation: { path, method } }) => ({ steps: path.split("/"), method }));
const MOST_STEPS = Math.max(...STEPS.map(({ steps }) => steps.length));

function matches(wanted: readonly string[], given: readonly string[]): boolean {
  return (
    wanted.length === given.length &&
    wanted.every((step, index) => step === given[index] || (step.startsWith(":") && given[index] !== ""))
  );
}
