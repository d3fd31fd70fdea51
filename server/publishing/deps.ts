import type pg from "pg";
import type { Logger } from "pino";

import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { MediaFacts } from "../../model/post.ts";
import type { AccountKey, Tenant } from "../../model/tenant.ts";
import type { Trace } from "../../model/trace.ts";
import type { SetLimits } from "../../platforms/counting.ts";
import type { HttpClient, HttpClientOptions } from "../../platforms/kit/http.ts";
import type { Broker, MediaSource, StepDone } from "../../platforms/platform.ts";
import type { Verdict } from "../oauth/confirm-refusal.ts";
import type { Access } from "../oauth/fresh-token.ts";
import type { Vault } from "../vault/vault.ts";
import type { Claim } from "./claim.ts";
import type { Publisher } from "./continuity.ts";
import type { FaultHook } from "./fault-points.ts";
import type { Outages } from "./outages.ts";

/** What the engine counts. */
export interface EngineMetrics {
  /** From the due time to the intent of the first commit. */
  commitStarted(platform: PlatformName, lateSeconds: number): void;
  settled(platform: PlatformName, outcome: "published" | "failed" | "unknown"): void;
  /** An internal error stopped the work on a platform post. */
  faulted(platform: PlatformName): void;
  /** The platform stopped answering, so what is due is held back; or it answers again. */
  platformDown?(platform: PlatformName, mode: Mode, isDown: boolean): void;
  /** The result of a commit cannot be stored for a minute or longer, and then no more: it is stored or given up. */
  resultStuck?(platformPostId: string, isStuck: boolean): void;
  /** A platform post was given up because processes kept dying while they held it. */
  setAside(platform: PlatformName): void;
}

/** Where the engine reports whether a platform could be reached. */
export type Reach = Pick<Outages, "up" | "answered" | "down" | "isOutage">;

/** What publishing needs from the rest of the server. */
export interface PublishingDeps {
  pool: pg.Pool;
  /** Connections reserved for the results of commits; `pool` if there are none. */
  resultPool?: pg.Pool;
  /** Seals the secret parts of checkpoints. */
  vault: Pick<Vault, "seal" | "open">;
  /** Publishing to a platform without a broker fails. */
  platforms: Record<PlatformName, { broker?: Broker }>;
  /** A client for the sandbox in test mode, for the platforms in live mode. */
  httpFor(mode: Mode, guards: Pick<HttpClientOptions, "beforeSend" | "onExchange" | "signal">): HttpClient;
  mediaSourceFor(owner: Tenant): MediaSource;
  /**
   * The last try to fetch missing media. Returns quickly, with an answer for every id; what is still being fetched is
   * asked for again.
   */
  ensureMedia(
    owner: Tenant,
    mediaIds: readonly string[],
  ): Promise<
    Map<string, { status: "ready"; facts: MediaFacts } | { status: "failed"; message: string } | { status: "fetching" }>
  >;
  /**
   * Access whose token lives at least this long. `refused` is one that the platform has just rejected as expired. Throws
   * BrokerErrors.
   */
  freshAccess(account: AccountKey, options: { minLifetimeSeconds: number; refused?: string }): Promise<Access>;
  /** Reads something of the account that changes nothing, to find out whether the platform answers. */
  readAccount?(account: AccountKey): Promise<void>;
  /** Finds out whether the account has lost access, as the platform's refusal says, and stores it. */
  confirmRefusal?(
    account: AccountKey,
    refusal: { code: "AUTH_EXPIRED" | "AUTH_REVOKED"; message: string },
  ): Promise<Verdict>;
  /** The platform has accepted a request for an account that was thought to have lost access. */
  restoreHealth?(account: AccountKey): Promise<void>;
  /** This process, as the database and what is noted outside of it know it. Without it, nothing is noted. */
  publisher?: Publisher;
  /** In test mode the engine's own pauses are divided by this. */
  speed: number;
  /** How late a post may still be published automatically if it has no `publishBy` of its own; six hours by default. */
  latestSeconds?: number;
  forcePrivateUploads: boolean;
  /** Limits that the operator has set for platforms, instead of the declared ones. */
  platformLimits?: SetLimits;
  /** The operator's settings that brokers may read, by environment name. */
  environment?: Readonly<Record<string, string>>;
  /** Stores what a platform has replaced one of those settings with, for all later posts. */
  replaceSetting?(setting: NonNullable<StepDone["replacedSetting"]>): Promise<void>;
  log: Logger;
  metrics?: EngineMetrics;
  trace?: Trace | undefined;
  reach?: Reach;
  /** Whether this process's thread has been blocked, since the claim's lease was last renewed, for long enough to lose it. */
  hasStoodStill?(claim: Claim): boolean;
  faultPoint?: FaultHook;
}
