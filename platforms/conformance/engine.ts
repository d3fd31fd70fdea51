import { fork } from "node:child_process";
import { once } from "node:events";

import type { Logger } from "pino";

import { selfHosted } from "../../model/plans.ts";
import type { Mode } from "../../model/platform-names.ts";
import { unlimited } from "../../model/user-limits.ts";
import { createListener } from "../../server/db/listen.ts";
import { createPool } from "../../server/db/pool.ts";
import { createIngest } from "../../server/media/ingest.ts";
import { createMediaSource } from "../../server/media/source.ts";
import { confirmRefusal } from "../../server/oauth/confirm-refusal.ts";
import { freshAccess } from "../../server/oauth/fresh-token.ts";
import type { OAuthServices } from "../../server/oauth/services.ts";
import { restoreHealth } from "../../server/oauth/token-health.ts";
import { createEngine } from "../../server/publishing/engine.ts";
import { openReplacedSettings } from "../../server/publishing/replaced-settings.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import type { Storage } from "../../server/storage/storage.ts";
import { createVault } from "../../server/vault/vault.ts";
import { PATIENT } from "../../tests/database.ts";
import { loginOf, platforms } from "../index.ts";
import { createHttpClient, type HttpClient, type HttpClientOptions } from "../kit/http.ts";

/** Plain data, so that it can be sent to another process. */
export interface EngineEnvironment {
  databaseUrl: string;
  mediaFolder: string;
  mediaUrls: { baseUrl: string; secret: string };
  vaultKey: string;
  sandboxUrl: string;
  /** The operator's settings for brokers, by environment name. */
  settings: Record<string, string>;
  /** How long a request may take, however long its own timeout is. Timeouts are not divided. */
  longestCallSeconds: number;
}

/** Where a publishing process crashes: at its nth request, its nth publishing request, or while storing a file. */
export interface CrashPoint {
  request?: number;
  publish?: number;
  storing?: true;
  when: "before" | "after";
}

/** Divides the engine's pauses, so that 15 minutes fit into a test. */
export const SPEED = 300;

/** Where the platform's clock does not have to keep pace. */
export const TOP_SPEED = 1000;

/**
 * How late a post may be, in real time. It is longer than all retries and the platform's own delays, which are not
 * divided, and a lasting outage still ends soon.
 */
const LATEST_SECONDS = 8;

/** After a crash, the commit's deadline, which is not divided, must pass before the post becomes `unknown`. */
export const SPEED_AFTER_CRASH = 60;

/** Longer than a slow machine stands still. */
export const LONGEST_CALL_SECONDS = 15;

/** In tests in which the platform never answers. */
export const LONGEST_CALL_SECONDS_OF_SILENCE = 1.5;

export function oauthServices(environment: EngineEnvironment, pool: OAuthServices["pool"], log: Logger): OAuthServices {
  return {
    pool,
    vault: createVault([Buffer.from(environment.vaultKey, "base64")]),
    log,
    httpFor: () => createHttpClient({ sandboxUrl: environment.sandboxUrl }),
    directHttp: createHttpClient({ allowHttp: true }),
    oauthOf: loginOf,
    liveApp: () => null,
    appUrl: "http://127.0.0.1",
    sandboxUrl: environment.sandboxUrl,
  };
}

/** A publishing engine with its own connections. With `crashPoint`, this process kills itself there. */
export async function startEngine(
  environment: EngineEnvironment,
  log: Logger,
  options: { speed: number; crashPoint?: CrashPoint },
): Promise<{ stop(): Promise<void> }> {
  const pool = createPool(environment.databaseUrl, { ...PATIENT, name: "conformance engine" });
  const listener = await createListener(environment.databaseUrl, log);
  const storage = openStorage(await createDiskStorage(environment.mediaFolder), options.crashPoint ?? null);
  const services = oauthServices(environment, pool, log);
  const ingest = createIngest({
    pool,
    storage,
    allowPrivateUrls: true,
    limitsOf: unlimited,
    planOf: selfHosted,
    jobs: { send: async () => undefined },
    log,
  });
  const door = openDoor(environment, options.crashPoint ?? null);
  const settings = await openReplacedSettings({ pool, listener, log, configured: environment.settings });
  const engine = createEngine({
    pool,
    listener,
    vault: services.vault,
    platforms,
    httpFor: door,
    mediaSourceFor: (owner) => createMediaSource({ pool, storage, mediaUrls: environment.mediaUrls }, owner),
    ensureMedia: (owner, mediaIds) => ingest.ensureReady(owner, mediaIds),
    freshAccess: (account, options) => freshAccess(services, account, options),
    confirmRefusal: (account, refusal) => confirmRefusal(services, account, refusal),
    restoreHealth: (account) => restoreHealth(services, account),
    speed: options.speed,
    latestSeconds: LATEST_SECONDS * Math.max(options.speed, SPEED),
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

/** Starts another publishing process. `dead` resolves once it has crashed at `crashPoint`. */
export async function startCrashingProcess(
  environment: EngineEnvironment,
  crashPoint: CrashPoint,
): Promise<{ dead: Promise<void>; kill(why: string): never }> {
  const child = fork(new URL("crashing-process.ts", import.meta.url), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const dead = once(child, "exit").then(([code]) => {
    if (code !== null) throw new Error(`the publishing process exited with ${code}`);
  });
  child.send({ environment, crashPoint });
  await Promise.race([once(child, "message"), dead]);
  return {
    dead,
    kill(why) {
      child.kill("SIGKILL");
      throw new Error(why);
    },
  };
}

function openStorage(storage: Storage, crashPoint: CrashPoint | null): Storage {
  if (crashPoint?.storing !== true) return storage;
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

function openDoor(environment: EngineEnvironment, crashPoint: CrashPoint | null) {
  let requests = 0;
  let publishes = 0;
  return (_mode: Mode, guards: Pick<HttpClientOptions, "beforeSend" | "onExchange" | "signal">): HttpClient => {
    const client = createHttpClient({ sandboxUrl: environment.sandboxUrl, ...guards });
    return {
      async send(request) {
        requests += 1;
        if (guards.beforeSend !== undefined) publishes += 1;
        const isHere =
          crashPoint !== null &&
          (crashPoint.request === requests || (guards.beforeSend !== undefined && crashPoint.publish === publishes));
        if (isHere && crashPoint.when === "before") await die();
        const answer = await client.send({
          ...request,
          timeoutSeconds: Math.min(request.timeoutSeconds ?? Infinity, environment.longestCallSeconds),
        });
        if (isHere) await die();
        return answer;
      },
    };
  };
}

function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
}
