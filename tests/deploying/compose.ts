import assert from "node:assert/strict";

import { z } from "zod";

import ampost from "../../package.json" with { type: "json" };
import type { Container } from "./container.ts";
import type { Machine } from "./machine.ts";

const service = z.object({
  image: z.string(),
  command: z.array(z.string()).nullish(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
  tmpfs: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});
const compose = z.object({ services: z.record(z.string(), service) });

/** A service as Docker Compose understands it. */
export type Service = z.output<typeof service>;

/** What Docker Compose makes of the files in `ops/compose`, which it validates strictly. */
export async function readCompose(machine: Machine): Promise<ReadonlyMap<string, Service>> {
  const { services } = compose.parse(
    JSON.parse(await machine.run("cd ops/compose; docker-compose config --format json")),
  );
  return new Map(Object.entries(services));
}

/** The services of Ampost's own image, all of which run without privileges on a read-only root. */
export function ownServices(services: ReadonlyMap<string, Service>): ReadonlyMap<string, Service> {
  const own = new Map([...services].filter(([, { image }]) => image === `ampost:${ampost.version}`));
  for (const [name, each] of own) {
    assert.ok(each.read_only, name);
    assert.deepEqual(each.cap_drop, ["ALL"], name);
    assert.deepEqual(each.security_opt, ["no-new-privileges:true"], name);
  }
  return own;
}

/** Waits until the service's own health check succeeds in its container. */
export async function untilHealthy(container: Container, { healthcheck }: Service): Promise<void> {
  const [kind, ...words] = healthcheck?.test ?? [];
  assert.equal(kind, "CMD");
  await container.until(...words);
}

/** Caddy from Debian, with the service's configuration and environment. Its certificates are in the folder. */
export function caddyCommand({ environment, volumes }: Service, folder: string): string {
  const file = volumes.find(({ target }) => target === "/etc/caddy/Caddyfile")?.source;
  assert.ok(file !== undefined, "a Caddyfile");
  const variables = Object.entries({ ...environment, XDG_DATA_HOME: folder }).map(
    ([name, value]) => `'${name}=${value}'`,
  );
  return `env ${variables.join(" ")} caddy run --adapter caddyfile --config ${file}`;
}
