import { fork } from "node:child_process";
import { once } from "node:events";

import type { Logger } from "pino";

import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { unlimited } from "../../model/user-limits.ts";
import { createListener } from "../../server/db/listen.ts";
import { createPool } from "../../server/db/pool.ts";
import { createIngest } from "../../server/media/ingest.ts";
import { createMediaSource } from "../../server/media/source.ts";
import { freshAccess, reportTokenRefused } from "../../server/oauth/fresh-token.ts";
import type { OAuthServices } from "../../server/oauth/services.ts";
import { createEngine } from "../../server/publishing/engine.ts";
import { openReplacedSettings } from "../../server/publishing/replaced-settings.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import type { Storage } from "../../server/storage/storage.ts";
import { createVault } from "../../server/vault/vault.ts";
import { platforms } from "../index.ts";
import { createHttpClient, type HttpClient, type HttpClientOptions } from "../kit/http.ts";

/** Where everything is; plain data, so that it can be handed to another process. */
export interface EngineEnvironment {
  databaseUrl: string;
  mediaFolder: string;
  mediaUrls: { baseUrl: string; secret: string };
  vaultKey: string;
  sandboxUrl: string;
  /** The operator's settings for brokers, by environment name. */
  settings: Record<string, string>;
}

/**
 * When a publishing process dies: before or after its n-th request, or its n-th publishing one, or while it stores a
 * file that it made.
 */
export interface Doom {
  request?: number;
  publish?: number;
  storing?: true;
  when: "before" | "after";
}

/** The engine's own pauses are divided by this, so that a quarter of an hour fits into a test. */
export const SPEED = 300;

/**
 * How late a post may be: at that speed longer than the usual tries and a platform's own pauses, which are not divided,
 * and an outage that stays is over soon.
 */
const LATEST_SECONDS = 40 * 60;

/** After a crash the deadline of the commit, which is not divided, has to lie within the time to `unknown`. */
export const SPEED_AFTER_CRASH = 60;

/** No call of a platform takes longer here; time-outs are not divided. */
const LONGEST_CALL_SECONDS = 1.5;

export function oauthServices(place: EngineEnvironment, pool: OAuthServices["pool"], log: Logger): OAuthServices {
  return {
    pool,
    vault: createVault([Buffer.from(place.vaultKey, "base64")]),
    log,
    httpFor: () => createHttpClient({ sandboxUrl: place.sandboxUrl }),
    directHttp: createHttpClient({ allowHttp: true }),
    oauthOf: (name: PlatformName) => platforms[name].oauth,
    liveApp: () => null,
    appUrl: "http://127.0.0.1",
    sandboxUrl: place.sandboxUrl,
  };
}

/** A publishing engine with everything of its own; `doom` ends this process at that point. */
export async function startEngine(
  place: EngineEnvironment,
  log: Logger,
  options: { speed: number; doom?: Doom },
): Promise<{ stop(): Promise<void> }> {
  const pool = createPool(place.databaseUrl, { name: "conformance engine" });
  const listener = await createListener(place.databaseUrl, log);
  const storage = openStorage(await createDiskStorage(place.mediaFolder), options.doom ?? null);
  const services = oauthServices(place, pool, log);
  const ingest = createIngest({ pool, storage, allowPrivateUrls: true, limitsOf: unlimited });
  const door = openDoor(place, options.doom ?? null);
  const settings = await openReplacedSettings({ pool, listener, log, configured: place.settings });
  const engine = createEngine({
    pool,
    listener,
    vault: services.vault,
    platforms,
    httpFor: door,
    mediaSourceFor: (owner) => createMediaSource({ pool, storage, mediaUrls: place.mediaUrls }, owner),
    ensureMedia: (owner, mediaIds) => ingest.ensureReady(owner, mediaIds),
    freshAccess: (account, options) => freshAccess(services, account, options),
    reportTokenRefused: (account, code, reason) => reportTokenRefused(services, account, code, reason),
    speed: options.speed,
    latestSeconds: LATEST_SECONDS,
    forcePrivateUploads: false,
    environment: settings.environment,
    replaceSetting: (setting) => settings.replace(setting),
    log,
  });
  engine.start();
  return {
    async stop() {
      await engine.stop();
      await listener.close();
      await pool.end();
    },
  };
}

/** A publishing process of its own. `dead` resolves when it was killed at its hour. */
export async function startDoomed(
  place: EngineEnvironment,
  doom: Doom,
): Promise<{ dead: Promise<void>; kill(why: string): never }> {
  const child = fork(new URL("doomed.ts", import.meta.url), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const dead = once(child, "exit").then(([code]) => {
    if (code !== null) throw new Error(`the publishing process ended by itself, with ${code}`);
  });
  child.send({ place, doom });
  await Promise.race([once(child, "message"), dead]);
  return {
    dead,
    kill(why) {
      child.kill("SIGKILL");
      throw new Error(why);
    },
  };
}

function openStorage(storage: Storage, doom: Doom | null): Storage {
  if (doom?.storing !== true) return storage;
  const put: Storage["put"] = (key, bytes) =>
    storage.put(
      key,
      (async function* () {
        for await (const chunk of bytes) {
          yield chunk;
          await die();
        }
      })(),
    );
  return { ...storage, put };
}

function openDoor(place: EngineEnvironment, doom: Doom | null) {
  let requests = 0;
  let publishes = 0;
  return (_mode: Mode, guards: Pick<HttpClientOptions, "beforeSend" | "onExchange" | "signal">): HttpClient => {
    const client = createHttpClient({ sandboxUrl: place.sandboxUrl, ...guards });
    return {
      async send(request) {
        requests += 1;
        if (guards.beforeSend !== undefined) publishes += 1;
        const isHour =
          doom !== null &&
          (doom.request === requests || (guards.beforeSend !== undefined && doom.publish === publishes));
        if (isHour && doom.when === "before") await die();
        const answer = await client.send({
          ...request,
          timeoutSeconds: Math.min(request.timeoutSeconds ?? LONGEST_CALL_SECONDS, LONGEST_CALL_SECONDS),
        });
        if (isHour) await die();
        return answer;
      },
    };
  };
}

function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
}
