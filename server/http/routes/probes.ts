import { createHash, timingSafeEqual } from "node:crypto";

import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";

import { PublicError } from "../../../model/errors.ts";
import { type Documented, errorBody, refuseRequest, toRefusal } from "../../calls/refusals.ts";
import { NO_SCHEMAS } from "../no-schemas.ts";
import { isOwnMachine } from "../strangers.ts";

/** What the process knows about itself. */
export interface Probes {
  /** Whether it can serve, and what cannot. */
  ready(): Promise<{
    ready: boolean;
    checks: Record<string, string>;
    publishing?: string | null;
    publishingDetail?: string | null;
  }>;
  /** In Prometheus' text format. */
  metrics(): Promise<{ contentType: string; text: string }>;
}

/**
 * Who sees more than whether the process is alive and ready: requests with the token, and everyone on a separate port
 * of the operator.
 */
export interface ProbeAccess {
  /** Null: none. */
  token: string | null;
  isOwnPort?: boolean;
  /** Whether the instance is only for its own machine, which then sees what is not ready. */
  isLaptop?: boolean;
}

/** Alive, ready, and the metrics. */
export function addProbes(app: FastifyInstance, probes: Probes, access: ProbeAccess): void {
  const isOperator = (request: FastifyRequest) => access.isOwnPort === true || isBearer(request, access.token);
  app.get("/healthz", open, async () => ({ status: "ok" }));
  app.get("/readyz", open, async (request, reply) => {
    const { ready, checks, publishing, publishingDetail } = await probes.ready();
    const seesChecks = isOperator(request) || (access.isLaptop === true && isOwnMachine(request.ip));
    return await reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? "ready" : "not ready", publishing, ...(seesChecks ? { checks, publishingDetail } : {}) });
  });
  app.get("/metrics", open, async (request, reply) => {
    if (!isOperator(request)) throw access.token === null ? nothingHere : noToken;
    const { contentType, text } = await probes.metrics();
    return await reply.type(contentType).send(text);
  });
}

/** A server with only these routes. */
export function createProbesApp(probes: Probes, access: ProbeAccess, settings: Documented): FastifyInstance {
  const app = fastify({
    schemaController: NO_SCHEMAS,
    forceCloseConnections: true,
    requestTimeout: 10_000,
    bodyLimit: 1,
  });
  app.server.maxConnections = 100;
  app.setErrorHandler(async (error, request, reply) => {
    const refusal = toRefusal(error);
    return await reply
      .code(refusal.status)
      .headers(refusal.headers)
      .send(errorBody(settings, refusal, request.id));
  });
  addProbes(app, probes, access);
  return app;
}

/** Health checks must not wait behind what they check. */
const open = { config: { admission: "open" } } as const;

const nothingHere = refuseRequest(
  "request.route",
  "Metrics are not available on this port",
  "Set AMPOST_METRICS_PORT, or AMPOST_METRICS_TOKEN and send it as a bearer token.",
  "NOT_FOUND",
);
const noToken = new PublicError("UNAUTHORIZED", "Metrics require the bearer token AMPOST_METRICS_TOKEN", {
  headers: { "www-authenticate": 'Bearer realm="Ampost metrics"' },
});

/** Compares without telling by its duration how much of it is right. */
export function isBearer({ headers }: FastifyRequest, token: string | null): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return token !== null && given !== undefined && timingSafeEqual(digest(given), digest(token));
}
