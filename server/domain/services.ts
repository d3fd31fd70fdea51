import type pg from "pg";
import type { Logger } from "pino";

import type { Brand } from "../../model/brand.ts";
import type { PlanOf } from "../../model/plans.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { LimitsOf } from "../../model/user-limits.ts";
import type { SetLimits, SetPrices } from "../../platforms/counting.ts";
import type { OAuth } from "../../platforms/platform.ts";
import type { Auth } from "../auth/auth.ts";
import type { Billing } from "../billing/billing.ts";
import type { JobSender } from "../db/job-sender.ts";
import type { Listener } from "../db/listen.ts";
import type { OAuthServices } from "../oauth/services.ts";
import type { Storage } from "../storage/storage.ts";
import type { Vault } from "../vault/vault.ts";
import type { KeyHolders } from "./api-keys/key-holders.ts";
import type { KnownSets } from "./posts/known-sets.ts";

/** Everything the use cases need. Lower layers take only their part of it. */
export interface Services {
  pool: pg.Pool;
  log: Logger;
  storage: Storage;
  listener: Pick<Listener, "on">;
  jobs: JobSender;
  keyHolders: KeyHolders;
  sessions: Sessions;
  /** Signing in and out, and all that belongs to it. */
  auth(): Promise<Auth>;
  vault: Vault;
  /** What connecting accounts needs. */
  oauth: OAuthServices;
  /** How one signs in at a platform; undefined while it has no broker. */
  oauthOf(platform: PlatformName): Pick<OAuth, "refresh"> | undefined;
  settings: Settings;
  /** The addresses of a host name, as far as they can be found out in a moment. */
  addressesOf(hostname: string): Promise<string[]>;
  /** Platform sets as creates last read them. Only for statements that compare their versions. */
  knownSets: KnownSets;
  /** Limits per user. */
  limitsOf: LimitsOf;
  /** Plans of users. */
  planOf: PlanOf;
  /** Payments; null: the instance is self-hosted, and nothing is charged for. */
  billing: Billing | null;
}

export interface Settings {
  /** The host of REST and MCP, without a trailing slash. */
  apiUrl: string;
  /** The face of the dashboard. */
  appUrl: string;
  /** Where platforms fetch media. */
  mediaUrl: string;
  sandboxUrl: string;
  /** Which posts the sandbox's page shows: users' own, or all posts to everyone. */
  sandboxPage: "own" | "open";
  /** Whether user-provided URLs may be loopback and private addresses: for development. */
  allowPrivateUrls: boolean;
  /** Which platforms support `scheduledFor`: those of the contract, or all. */
  scheduling: "contract" | "all";
  forcePrivateUploads: boolean;
  /** Instead of the limits and prices that are declared for platforms. */
  platformLimits: SetLimits;
  platformPrices: SetPrices;
  /** Whether emails are sent; otherwise they are written to files in the data folder. */
  hasMailServer: boolean;
  /** Who can sign up. */
  signUp: "open" | "invite" | "closed";
  /** Users of the instance, without tenants; null: unlimited. */
  maxUsers: number | null;
  /** The operator's own privacy policy and terms; null: the default pages. */
  privacyUrl: string | null;
  termsUrl: string | null;
  /** How pages and emails look. */
  brand: Brand;
  /** Platform sets per user and mode; null: unlimited. The operator can change it for a user. */
  maxPlatformSets: number | null;
  /** The secrets that sign media URLs: the first signs, all verify. A rotation of the encryption key changes them. */
  mediaSecrets(): readonly [Uint8Array, ...Uint8Array[]];
}

/** The signed-in user. */
export interface Sessions {
  /**
   * The session of the cookie in the headers; null if there is no valid one. Throws UNAUTHORIZED if its user is
   * suspended.
   */
  find(
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<{ id: string; userId: string } | null>;
}
