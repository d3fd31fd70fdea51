import type { AllowPrivate } from "../platforms/kit/addresses.ts";
import type { Clock } from "./clock.ts";
import type { Identity } from "./identity.ts";
import type { Ledger } from "./ledger.ts";
import type { Media } from "./media.ts";
import type { Store } from "./store.ts";
import type { Uploads } from "./uploads.ts";
import type { Uses } from "./uses.ts";

/** Shared by the platforms' sandboxes. */
export interface World {
  store: Store;
  clock: Clock;
  identity: Identity;
  ledger: Ledger;
  uses: Uses;
  media: Media;
  uploads: Uploads;
  /** Whether the platforms' limits apply. */
  limits: boolean;
  /** The origin that serves the product's media, which counts as a verified domain; null if not configured. */
  mediaUrl: string | null;
  /** Where calls to an app may lead: where media may be, and to the product's own URL. */
  door: { allowPrivate: AllowPrivate; appUrl: string | null };
}
