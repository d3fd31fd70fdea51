import type pg from "pg";
import type { Logger } from "pino";

import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { MediaFacts } from "../../model/post.ts";
import type { HttpClient, HttpClientOptions } from "../../platforms/kit/http.ts";
import type { Broker, MediaSource } from "../../platforms/platform.ts";
import type { Vault } from "../oauth/vault.ts";
import type { FaultHook } from "./fault-points.ts";
import type { Outages } from "./outages.ts";

/** Whose data: everything the engine asks of others names the pair. */
export interface Owner {
  userId: string;
  mode: Mode;
}

export interface AccountKey extends Owner {
  accountId: string;
}

/** What the engine counts. */
export interface EngineMetrics {
  /** From the due time to the intent of the first commit. */
  commitStarted(platform: PlatformName, lateSeconds: number): void;
  settled(platform: PlatformName, outcome: "published" | "failed" | "unknown"): void;
  /** A fault of the server itself stopped the work on a platform post. */
  faulted(platform: PlatformName): void;
  /** Whether what is due of the platform is held back, since it does not answer. */
  platformDown?(platform: PlatformName, mode: Mode, isDown: boolean): void;
  /** A platform post was given up because processes ended with it in hand. */
  setAside(platform: PlatformName): void;
}

/** What the engine learns on the way of whether platforms can be reached. */
export type Reach = Pick<Outages, "up" | "down">;

/** What publishing needs of the rows above and beside it. */
export interface PublishingDeps {
  pool: pg.Pool;
  /** Connections that nothing else takes: leases and the results of commits go over them. Without it over `pool`. */
  urgentPool?: pg.Pool;
  /** Seals what steps leave that is secret. */
  vault: Pick<Vault, "seal" | "open">;
  /** A platform without a broker fails what is published to it. */
  platforms: Record<PlatformName, { broker?: Broker }>;
  /** In test mode a client to the sandbox, in live mode to the platforms. */
  httpFor(mode: Mode, guards: Pick<HttpClientOptions, "beforeSend" | "onExchange" | "signal">): HttpClient;
  mediaSourceFor(owner: Owner): MediaSource;
  /** The last try for media that is not there yet. Answers for every id, within moments: what takes longer is asked for again. */
  ensureMedia(
    owner: Owner,
    mediaIds: readonly string[],
  ): Promise<
    Map<string, { status: "ready"; facts: MediaFacts } | { status: "failed"; message: string } | { status: "fetching" }>
  >;
  /** A token that lives so long. `refused` is one that the platform has just called expired. Throws BrokerErrors. */
  freshToken(account: AccountKey, options: { minLifetimeSeconds: number; refused?: string }): Promise<string>;
  /** The platform has withdrawn the account's token for good. */
  reportTokenRefused?(account: AccountKey, code: "AUTH_EXPIRED" | "AUTH_REVOKED", reason: string): Promise<void>;
  /** Notes outside of the database that a commit is about to go out. Where it throws, nothing goes out. */
  noteCommit?(intentId: string): void;
  /** What the engine's own pauses are divided by in test mode. */
  speed: number;
  /** How late a post may be published by itself, unless it says so itself; six hours where nothing is given. */
  latestSeconds?: number;
  forcePrivateUploads: boolean;
  /** The operator's settings that brokers may ask for, by environment name. */
  environment?: Readonly<Record<string, string>>;
  log: Logger;
  metrics?: EngineMetrics;
  reach?: Reach;
  faultPoint?: FaultHook;
}
