import type pg from "pg";
import type { Logger } from "pino";

import type { PlatformName } from "../../model/platform-names.ts";
import type { LimitsOf } from "../../model/user-limits.ts";
import type { OAuth } from "../../platforms/platform.ts";
import type { Auth } from "../auth/auth.ts";
import type { Listener } from "../db/listen.ts";
import type { Db } from "../db/sql.ts";
import type { OAuthServices } from "../oauth/services.ts";
import type { Storage } from "../storage/storage.ts";
import type { Vault } from "../vault/vault.ts";
import type { KeyHolders } from "./api-keys/key-holders.ts";

/** Everything the verbs of the product work with. Rows below take what they need of it, never the whole. */
export interface Services {
  pool: pg.Pool;
  log: Logger;
  storage: Storage;
  listener: Pick<Listener, "on">;
  jobs: Jobs;
  keyHolders: KeyHolders;
  sessions: Sessions;
  /** Signing in and out, and all that belongs to it. */
  auth(): Promise<Auth>;
  vault: Vault;
  /** What connecting accounts works with. */
  oauth: OAuthServices;
  /** How one signs in at a platform; undefined while it has no broker. */
  oauthOf(platform: PlatformName): Pick<OAuth, "refresh"> | undefined;
  settings: Settings;
  /** What people may take up. */
  limitsOf: LimitsOf;
}

/**
 * The job queue, as those who ask for work see it: a job sent in a transaction is there if that commits. Those of one
 * group cannot take up all workers where their queue says so; those of a higher priority are done first.
 */
export interface Jobs {
  send(db: Db, queue: string, data: object, group?: string, priority?: number): Promise<void>;
}

export interface Settings {
  /** The face of REST and MCP, without a slash at the end. */
  apiUrl: string;
  /** The face of the dashboard. */
  appUrl: string;
  /** Where platforms fetch media. */
  mediaUrl: string;
  sandboxUrl: string;
  /** Whose posts the sandbox's page shows: to each person their own, or to everybody all. */
  sandboxPage: "own" | "open";
  /** Whether what users name by URL may lie at loopback and private addresses: for development. */
  allowPrivateUrls: boolean;
  /** Which platforms take `scheduledFor`: those of the contract, or all. */
  scheduling: "contract" | "all";
  forcePrivateUploads: boolean;
  /** Who may make an account. */
  signUp: "open" | "invite" | "closed";
  /** What media URLs are signed with: the first signs, all verify. A rotation of the encryption key changes them. */
  mediaSecrets(): readonly [Uint8Array, ...Uint8Array[]];
}

/** Who is signed in at the dashboard. */
export interface Sessions {
  /** The session whose cookie is among the headers; null where there is none that is good. */
  find(
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<{ id: string; userId: string } | null>;
}
