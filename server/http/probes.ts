import type { FastifyInstance } from "fastify";

/** What the process knows of itself. */
export interface Probes {
  /** Whether it can serve, and what of it can't. */
  ready(): Promise<{ ready: boolean; checks: Record<string, string> }>;
  /** In Prometheus' text format. */
  metrics(): Promise<{ contentType: string; text: string }>;
}

/** Alive, ready, and the metrics. */
export function addProbes(app: FastifyInstance, probes: Probes): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const { ready, checks } = await probes.ready();
    return await reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", checks });
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await probes.metrics();
    return await reply.type(contentType).send(text);
  });
}
