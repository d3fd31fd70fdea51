import { once } from "node:events";

import { z } from "zod";

import { MODES } from "../model/platform-names.ts";
import { createPool } from "../server/db/pool.ts";
import { freshToken } from "../server/oauth/fresh-token.ts";
import { careServices } from "./token-care-world.ts";

/**
 * A process that requests an account's token many times concurrently when told to, and crashes if asked to. See
 * `startAsker`.
 */
const asked = z.object({
  url: z.string(),
  sandboxUrl: z.string(),
  key: z.string(),
  account: z.object({ accountId: z.string(), userId: z.string(), mode: z.enum(MODES) }),
  times: z.number(),
  dies: z.boolean(),
});

const { url, sandboxUrl, key, account, times, dies } = asked.parse(JSON.parse(process.env.ASK ?? "{}"));
const pool = createPool(url, { max: 10, name: "ampost test" });
const own = careServices({ pool }, sandboxUrl, Buffer.from(key, "hex"));
const services = dies ? { ...own, oauthOf: dyingAfterRenewal } : own;
process.stdout.write("ready\n");
await once(process.stdin, "data");
const tokens = await Promise.all(
  Array.from({ length: times }, () => freshToken(services, account, { minLifetimeSeconds: 60 })),
);
process.stdout.write(`${JSON.stringify([...new Set(tokens)])}\n`);
await pool.end();

/** Kills the process once the platform has renewed the token, before anything is stored. */
function dyingAfterRenewal(...name: Parameters<typeof own.oauthOf>): ReturnType<typeof own.oauthOf> {
  const oauth = own.oauthOf(...name);
  const { refresh } = oauth ?? {};
  if (oauth === undefined || refresh === undefined) return oauth;
  return {
    ...oauth,
    refresh: {
      ...refresh,
      run: (...given) => refresh.run(...given).finally(() => process.kill(process.pid, "SIGKILL")),
    },
  };
}
