import { cutText } from "../model/cut-text.ts";
import type { BrokerCode, PlatformErrorDetail, PublicCode } from "../model/errors.ts";
import type { MediaFacts, PlatformContent } from "../model/post.ts";
import type { Definition } from "./definition.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "./kit/http.ts";

/** A network: what it can do and, where one can publish to it, how that is done and how one signs in. */
export interface Platform {
  definition: Definition;
  broker?: Broker;
  oauth?: OAuth;
  /**
   * Further ways to sign in, by name, where the platform has more than one. Renewing is always `oauth`'s, whichever way
   * was taken.
   */
  otherLogins?: Readonly<Record<string, OAuth>>;
  /**
   * What the operator should do about the platform's settings before something stops working, by environment name as in
   * `StepContext`.
   */
  deprecations?(environment: Readonly<Record<string, string>>, now: Date): readonly Deprecation[];
}

/** Something that will stop working, and what prevents it. Sentences. */
export interface Deprecation {
  message: string;
  cure: string;
}

/**
 * What a platform may do: the contract between the publishing engine and a broker.
 *
 * A broker is a list of steps. It has no timer, no waiting loop, no retry, no log line and no database: the engine
 * runs the steps in order, keeps what each leaves behind, waits, retries, takes over after a crash, and never sends a
 * visible step a second time unless it has been proved that the first did nothing.
 */
export interface Broker {
  /**
   * The steps from this content to a published post, in order, names unique. Pure: the same content gives the same
   * steps in every process, since a step may be run by another process than the one before it.
   */
  steps(content: PlatformContent<PublishMedia>): Step[];

  /**
   * Finds out what became of a visible step whose answer was lost. Only reads. It is called on a schedule until it
   * gives a verdict; an error it throws counts as "pending".
   */
  reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict>;

  /**
   * Members of the checkpoint that are a key to whoever has them, such as an upload's address: they are sealed wherever
   * they are kept. Left by quiet steps only.
   */
  secretCheckpoint?: readonly string[];

  /**
   * How long after a commit a read may still not show what was published, in seconds: negative reads before that prove
   * nothing.
   */
  indexingLagSeconds: number;

  /**
   * Set where the platform documents that it refuses an identical post and names the first; see the design's rule on
   * commits.
   */
  identicalRepeat?: { withinSeconds: number; source: string };
}

export type Step = QuietStep | VisibleStep;

/** A step the audience cannot see: it may be repeated freely, and may run before the due time. */
export interface QuietStep {
  name: string;
  effect: "read" | "hidden";
  /**
   * Nice to have once the post is live: its failure never fails a live post. Before the last visible step it is passed
   * over where it fails or waits.
   */
  cosmetic?: true;
  run(context: StepContext): Promise<StepOutcome>;
}

/**
 * The commit call: the audience sees it. It is two pure halves so that it can send exactly one request. The engine
 * writes the intent, sends `request`, and hands the answer to `accept`.
 */
export interface VisibleStep {
  name: string;
  effect: "visible";
  /** The one request. Anything that has to be fetched or decided first is a step of its own before this one. */
  request(context: StepContext): HttpRequest;
  /**
   * Reads the answer. Throws a BrokerError whose `notPublished` says whether this answer proves that nothing went out;
   * whatever else it throws (an unreadable body, say) leaves the outcome unknown.
   */
  accept(answer: HttpAnswer, context: StepContext): StepDone;
}

/** `done`: go on with the next step. `waitSeconds`: ask again then; waiting is not failing and costs no attempt. */
export type StepOutcome = StepDone | { waitSeconds: number };

export interface StepDone {
  /** What later steps need; merged into the checkpoint. Must be JSON. */
  done: Checkpoint;
  /** Of a visible step: the platform's id of what is live now; null where the platform gives it later. */
  remoteId?: string | null;
  /** What the public sees on the platform post, once known. Only what is given is written. */
  platformPostId?: string;
  publishedUrl?: string;
  /**
   * Of a visible step whose id comes from a refusal that names an earlier post: the error that it is where the id turns
   * out to stand for another post of the account. Nothing was published then.
   */
  onDuplicateRemoteId?: BrokerError;
  /** Things the user should know although the post is live: privacy forced, thumbnail not set. */
  warnings?: { code: string; message: string }[];
}

export type Checkpoint = Record<string, string | number | boolean | null | string[]>;

/** What a step gets. Everything in it belongs to this one attempt. */
export interface StepContext {
  http: HttpClient;
  /** A token that outlives the step. Send it in a header where the platform allows; never put it into an error. */
  accessToken: string;
  account: { platformAccountId: string; username: string | null; metadata: Record<string, unknown> };
  content: PlatformContent<PublishMedia>;
  /** What the earlier steps left, merged. */
  checkpoint: Checkpoint;
  media: MediaSource;
  /** How often this step has already answered `waitSeconds`, and for how long in the engine's (scaled) seconds. */
  polls: number;
  waitedSeconds: number;
  now: Date;
  /**
   * Of a visible step: an earlier call of it went out whose outcome is unknown to this day. What the platform refuses
   * as published before may be what that call published.
   */
  mayBeLive?: true;
  /** The operator's settings that are about the platform, by environment name. */
  environment?: Readonly<Record<string, string>>;
}

/** A media object as the engine hands it to a broker: stored and measured. */
export interface PublishMedia extends MediaFacts {
  id: string;
  filename: string;
  altText: string | null;
  /** The caller's own cover picture, stored like any media. */
  thumbnail: PublishMedia | null;
}

/**
 * What a platform wants made of an image or a video that it does not take as it is. The original is kept. A video is
 * rewrapped, with its index at the front, and the limits of size do not touch it.
 */
export interface Rendition {
  mimeType: "image/jpeg" | "image/png" | "video/mp4";
  maxWidth?: number;
  maxHeight?: number;
  maxSizeBytes?: number;
}

export interface MediaSource {
  /** A signed URL under which the platform can fetch the bytes for the next day. */
  publicUrl(media: PublishMedia, rendition?: Rendition): Promise<string>;
  /** The bytes themselves, from `start` up to and without `end`. */
  open(
    media: PublishMedia,
    options?: { rendition?: Rendition; start?: number; end?: number },
  ): Promise<ReadableStream<Uint8Array>>;
  /** What `publicUrl` and `open` would give: size and type after the rendition. */
  describe(
    media: PublishMedia,
    rendition?: Rendition,
  ): Promise<Pick<MediaFacts, "mimeType" | "sizeBytes" | "width" | "height">>;
}

/** A commit whose outcome is not known. */
export interface OpenIntent {
  step: string;
  /** When the first call of the step whose outcome is not known was about to leave, by the database's clock. */
  intentAt: Date;
  /** The same of the last such call; another one only after the caller has had it sent again. */
  lastIntentAt: Date;
  /** Since the first, in the engine's (scaled) seconds. */
  ageSeconds: number;
  /**
   * What other calls are known to have published on the same account of the platform lately: none of it is this one.
   */
  accountedIds: ReadonlySet<string>;
  /** Another lost call on the account had the very same bytes, so that what looks like this one may be that one. */
  hasTwin: boolean;
  /** The answer, where one came that proved nothing, and the failure's name where none came. */
  answer: {
    status: number | null;
    brokerCode: BrokerCode | null;
    platformError: PlatformErrorDetail | null;
    failure: string | null;
  };
}

export type Verdict =
  /**
   * It is live. The ids are null where the platform shows that it is live but not which it is; the engine goes on
   * asking.
   */
  | ({ verdict: "published" } & StepDone)
  /**
   * The state of a handle that was given before the call proves it: at once where that is `definitive`; otherwise the
   * engine wants two such reads, apart from each other and after the indexing lag. `redoFrom` names the step to begin
   * again from; without it the commit itself is repeated.
   */
  | { verdict: "not_published"; definitive: boolean; proof: string; redoFrom?: string; error?: BrokerError }
  /**
   * No list shows it, and nothing but a list could. That is no proof: lists lag, and people delete and edit. Two such
   * reads, apart from each other and after the indexing lag, make the post `unknown`, and it is never sent again by
   * itself.
   */
  | { verdict: "not_listed"; reason: string }
  /** Reading back cannot settle it; the post becomes `unknown` at once. Two candidates are this, too. */
  | { verdict: "cannot_tell"; reason: string }
  /** The platform is still working on the handle, or could not be asked. */
  | { verdict: "pending"; reason: string };

/**
 * A platform's refusal or failure, read from structured fields. The public sentence and the internal detail are apart.
 */
export class BrokerError extends Error {
  readonly code: BrokerCode;
  /** How it surfaces, where that is more exact than the broker code's own public code. */
  readonly publicCode: PublicCode | null;
  /**
   * Whether this answer proves that the call published nothing. Never true for time-outs, resets, 5xx and unreadable
   * answers.
   */
  readonly notPublished: boolean;
  /** Only after a commit that was accepted: the platform's word that what it accepted is not live and never will be. */
  readonly neverLive: boolean;
  /** Whether trying the same again later can help; by default what the broker code says. */
  readonly retryable: boolean | null;
  /** The platform's own word on when; null where it gives none. */
  readonly retryAfterSeconds: number | null;
  /** Of RATE_LIMITED: whose calls are limited. An app's limit holds for all accounts that were connected by it. */
  readonly limitOf: "account" | "app";
  /** How many tries this failure is worth in all; null: the engine's usual number. */
  readonly maxAttempts: number | null;
  /** Whether it passes by itself, whatever the post is: then tries go on for as long as the post may be late. */
  readonly passes: boolean;
  /** The step to begin again from when trying again (a dead container has to be made anew); null: this one. */
  readonly redoFrom: string | null;
  readonly platformError: PlatformErrorDetail | null;

  constructor(code: BrokerCode, publicMessage: string, options: BrokerErrorOptions = {}) {
    super(cutText(publicMessage, 1000), { cause: options.cause });
    this.name = "BrokerError";
    this.code = code;
    this.publicCode = options.publicCode ?? null;
    this.notPublished = options.notPublished ?? false;
    this.neverLive = options.neverLive ?? false;
    this.retryable = options.retryable ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.limitOf = options.limitOf ?? "account";
    this.maxAttempts = options.maxAttempts ?? null;
    this.passes = options.passes ?? PASSING.has(code);
    this.redoFrom = options.redoFrom ?? null;
    const platformError = options.platformError ?? null;
    this.platformError = platformError === null ? null : bounded(platformError);
  }

  /**
   * The same error with something changed, and this one as its cause. Another code begins anew: what followed from the
   * old one, such as when to try again, does not hold for it, and only the platform's words are kept.
   */
  with({ code, message, ...changes }: BrokerErrorOptions & { code?: BrokerCode; message?: string }): BrokerError {
    const kept = code === undefined ? this : { platformError: this.platformError };
    return new BrokerError(code ?? this.code, message ?? this.message, { ...kept, cause: this, ...changes });
  }
}

/** Of these every error passes. */
const PASSING: ReadonlySet<BrokerCode> = new Set(["PLATFORM_UNAVAILABLE", "RATE_LIMITED"]);

/** What may be said of a failure besides its code and sentence; see the members of `BrokerError`. */
export interface BrokerErrorOptions {
  publicCode?: PublicCode | null;
  notPublished?: boolean;
  neverLive?: boolean;
  retryable?: boolean | null;
  retryAfterSeconds?: number | null;
  limitOf?: "account" | "app";
  maxAttempts?: number | null;
  passes?: boolean;
  redoFrom?: string | null;
  platformError?: PlatformErrorDetail | null;
  cause?: unknown;
}

/** A platform's words are kept, shown and compared: however many it says. */
function bounded({ status, code, message, requestId }: PlatformErrorDetail): PlatformErrorDetail {
  const cut = (text: string | null, length: number) => (text === null ? null : cutText(text, length));
  return { status, code: cut(code, 200), message: cut(message, 1000), requestId: cut(requestId, 200) };
}

/**
 * How one signs in at a platform, and how long what one gets lives. Data, plus functions where the platform leaves the
 * standard.
 */
export interface OAuth {
  /** Environment names are `${prefix}_CLIENT_ID`, `_CLIENT_SECRET`, `_REDIRECT_URI`. */
  environmentPrefix: string;
  authorizeUrl: string;
  scopes: readonly string[];
  scopeSeparator: "," | " ";
  /** How the PKCE challenge is written: RFC 7636 has base64url. False if none is sent. */
  pkce: "base64url" | "hex" | false;
  /** What the authorize address calls the client's id, where that is not `client_id`. */
  clientIdName?: string;
  /** Turns the code of the redirect into a grant that lasts. */
  exchange(http: HttpClient, app: OAuthApp, callback: { code: string; codeVerifier: string | null }): Promise<Grant>;
  /**
   * The profile the grant belongs to, and what is known of it without secrets. Where one grant reaches several (Pages,
   * say), all of them, at least one, in the platform's order: the person chooses. Throws BrokerError AUTH_REVOKED with
   * a sentence for the person where there is none that can be published to. `readChoices` reads both forms alike.
   * `scopes` is what was granted, as `exchange` tells it; `environment` as in `StepContext`.
   */
  profile(
    http: HttpClient,
    accessToken: string,
    scopes?: readonly string[] | null,
    environment?: Readonly<Record<string, string>>,
  ): Promise<Profile | readonly ReachableAccount[]>;
  /**
   * Reads the profile of one of several accounts anew, by the account's own token. Present where `profile` wants the
   * person's.
   */
  profileAgain?(http: HttpClient, accessToken: string, platformAccountId: string): Promise<Profile>;
  /**
   * How old a profile may be before it is read again, in seconds, where the platform's quota is small; a day otherwise.
   */
  profileLastsSeconds?: number;
  /**
   * Absent where the platform cannot renew a grant. Throws BrokerError AUTH_EXPIRED or AUTH_REVOKED only where the
   * platform says so.
   */
  refresh?: {
    /** The earliest age of a token at which the platform renews it, and the age at which it should be, in seconds. */
    minAgeSeconds: number;
    afterSeconds: number;
    /** Set where renewing takes a refresh token: a grant that came without one ends with its access token. */
    needsRefreshToken?: true;
    run(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grant>;
  };
  /** Absent where the platform has no call for it. */
  revoke?(http: HttpClient, app: OAuthApp, grant: Grant): Promise<void>;
  /**
   * Whose grant it is, by the platform's own id. Present where `revoke` takes back everything that this person granted
   * to the app, on other accounts too: it is not called while another connection lives by the same person's grant.
   */
  grantor?(http: HttpClient, app: OAuthApp, grant: Grant): Promise<string | null>;
}

export interface OAuthApp {
  clientId: string;
  clientSecret: string;
  redirectUri: string;
}

export interface Grant {
  accessToken: string;
  refreshToken: string | null;
  /** Seconds from now; null where the platform names no end. */
  expiresInSeconds: number | null;
  refreshExpiresInSeconds: number | null;
  /** What was really granted; null where the platform does not say. */
  scopes: string[] | null;
}

/** One of several accounts that a grant reaches. */
export interface ReachableAccount {
  profile: Profile;
  /** What the account is reached with, where it has a token of its own instead of the grant's. */
  token?: Pick<Grant, "accessToken" | "expiresInSeconds">;
}

export interface Profile {
  platformAccountId: string;
  username: string | null;
  displayName: string | null;
  avatarUrl: string | null;
  metadata: Record<string, unknown>;
}
