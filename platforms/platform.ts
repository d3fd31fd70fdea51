import { cutText } from "../model/cut-text.ts";
import type { BrokerCode, PlatformErrorDetail, PublicCode, WarningCode } from "../model/errors.ts";
import type { MediaFacts, PlatformContent } from "../model/post.ts";
import type { Definition, Scope } from "./definition.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "./kit/http.ts";

/** A network: what it supports and, if it can be published to, how, and how to sign in. */
export interface Platform {
  definition: Definition;
  broker?: Broker;
  oauth?: OAuth;
  /** Other ways to sign in, by name, if the platform has more than one. Renewal always uses `oauth`. */
  otherLogins?: Readonly<Record<string, OAuth>>;
  /**
   * What the operator should do about the platform's settings before something stops working, by environment name as in
   * `StepContext`.
   */
  deprecations?(environment: Readonly<Record<string, string>>, now: Date): readonly Deprecation[];
  /** Present if one can sign in. */
  check?: LiveCheck;
}

/** Something that will stop working, and how to prevent it. */
export interface Deprecation {
  /** Its name, after the platform's. */
  what: string;
  /** Sentences. */
  message: string;
  cure: string;
}

/** How `ampost doctor --live` checks the platform itself. Only reads, and in few requests. */
export interface LiveCheck {
  /**
   * Proves that the platform accepts the app's ID and secret. Throws the platform's refusal as a BrokerError, and a
   * TransportError if there was no response. `environment` as in `StepContext`.
   */
  app(http: HttpClient, app: OAuthApp, environment: Readonly<Record<string, string>>): Promise<readonly Note[]>;
  /** What the platform says about an account besides its profile. Throws as `app` does. */
  account?(account: CheckedAccount): Promise<AccountReport>;
}

/** What a check has found, a sentence. With a cure, something needs attention. */
export interface Note {
  message: string;
  cure?: string;
}

export interface CheckedAccount {
  http: HttpClient;
  accessToken: string;
  /** As in `StepContext`. */
  userToken?: string;
  app: OAuthApp;
  platformAccountId: string;
  /** As read by the profile read just before. */
  metadata: Readonly<Record<string, unknown>>;
  /** As in `StepContext`. */
  environment: Readonly<Record<string, string>>;
  now: Date;
}

export interface AccountReport {
  notes: readonly Note[];
  /** The scopes that are granted now, if the platform says. */
  scopes?: readonly string[];
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
   * The steps from this content to a published post, in order, with unique names. Pure: the same content gives the same
   * steps in every process, since each step can run in a different process.
   */
  steps(content: PlatformContent<PublishMedia>): Step[];

  /**
   * Checks the outcome of a visible step whose response was lost. Only reads. It is called on a schedule until it
   * returns a verdict; an error it throws counts as "pending".
   */
  reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict>;

  /**
   * What a visible step stores whose post a person has found, by the ID in its link. Present if `postLinks` of the
   * definition has IDs. Pure.
   */
  found?(context: Pick<StepContext, "account" | "checkpoint" | "content">, step: string, id: string): StepDone;

  /**
   * Fields of the checkpoint that grant access by themselves, such as an upload token: they are encrypted wherever they
   * are stored, as all fields with a URL are. Set only by non-visible steps.
   */
  secretCheckpoint?: readonly string[];

  /**
   * How long after a commit a read may still not show what was published, in seconds: negative reads before that prove
   * nothing.
   */
  indexingLagSeconds: number;

  /** Set if the platform documents that it rejects an identical post and names the first. */
  identicalRepeat?: { withinSeconds: number; source: string };
}

export type Step = QuietStep | VisibleStep;

/** A step the audience cannot see: it can be repeated freely, and can run before the due time. */
export interface QuietStep {
  name: string;
  effect: "read" | "hidden";
  /**
   * Optional once the post is live: its failure never fails a live post. Before the last visible step, it is skipped if
   * it fails or waits.
   */
  cosmetic?: true;
  /** Its effect must not be repeated: the engine records that it starts, and says `begunBefore` when it runs again. */
  once?: true;
  run(context: StepContext): Promise<StepOutcome>;
}

/**
 * The commit: the audience sees its effect. It consists of two pure halves so that it can send exactly one request. The
 * engine writes the intent, sends `request`, and passes the response to `accept`.
 */
export interface VisibleStep {
  name: string;
  effect: "visible";
  /** The one request. Anything that must be fetched or decided first is a separate step before this one. */
  request(context: StepContext): HttpRequest;
  /**
   * What the list that it is read back from shows of it, if others can have that in common with it: of those whose
   * outcome is unknown, none can be told from another. Null or missing: only the same bytes look the same.
   */
  look?(context: StepContext): string | null;
  /**
   * Reads the response. Throws a BrokerError whose `notPublished` says whether this response proves that nothing was
   * published; anything else it throws (such as an unreadable body) leaves the outcome unknown.
   */
  accept(answer: HttpAnswer, context: StepContext): StepDone;
}

/** `done`: continue with the next step. `waitSeconds`: run again then; waiting is not failing and costs no attempt. */
export type StepOutcome = StepDone | { waitSeconds: number };

export interface StepDone {
  /** What later steps need; merged into the checkpoint. Must be JSON. */
  done: Checkpoint;
  /** Of a visible step: the platform's ID of what is live now; null if the platform returns it later. */
  remoteId?: string | null;
  /** What the public sees on the platform post, once known. Only given fields are written. */
  platformPostId?: string;
  publishedUrl?: string;
  /** The same of each part of a thread that is live, after the first. They replace those that were known. */
  parts?: readonly LivePart[];
  /**
   * Of a visible step whose ID comes from an error that names an earlier post: the error to report if the ID belongs to
   * another post of the account. Nothing was published then.
   */
  onDuplicateRemoteId?: BrokerError;
  /**
   * One of the operator's settings that the platform no longer accepts, and what works instead: later posts use that
   * from the start, until the operator changes the setting. Of quiet steps.
   */
  replacedSetting?: { name: string; value: string; by: string };
  /** What the platform says about the account's limits. */
  limits?: readonly AccountLimit[];
  /** Things the user should know although the post is live: privacy forced, thumbnail not set. */
  warnings?: { code: WarningCode; message: string }[];
}

export interface LivePart {
  platformPostId: string;
  /** Null until it is known. */
  publishedUrl: string | null;
}

/** The platform's count in the window that ends now. */
export interface AccountLimit {
  /** The name of the quota. */
  name: string;
  /** Null if the platform does not say. */
  most: number | null;
  used: number;
}

export type Checkpoint = Record<string, string | number | boolean | null | string[]>;

/** A step's input. Everything in it belongs to this one attempt. */
export interface StepContext {
  http: HttpClient;
  /** A token that outlives the step. Send it in a header if the platform allows; never put it into an error. */
  accessToken: string;
  /** The token of the person who granted access to the account, if `accessToken` is the account's own and both are kept. */
  userToken?: string;
  account: {
    platformAccountId: string;
    username: string | null;
    metadata: Record<string, unknown>;
    /** The granted permissions; empty if the platform does not return them. */
    scopes: readonly string[];
  };
  content: PlatformContent<PublishMedia>;
  /** What earlier steps stored, merged. */
  checkpoint: Checkpoint;
  media: MediaSource;
  /** How often this step has already returned `waitSeconds`, and for how long in the engine's (scaled) seconds. */
  polls: number;
  waitedSeconds: number;
  now: Date;
  /**
   * Of a visible step: an earlier request of it has a still unknown outcome. What the platform rejects as a duplicate
   * may be what that request published.
   */
  mayBeLive?: true;
  /** Of a step with `once`: it has started before, and may have had its effect. */
  begunBefore?: true;
  /** The operator's settings that are about the platform, by environment name. */
  environment?: Readonly<Record<string, string>>;
}

/** A media object as passed to a broker: stored and measured. */
export interface PublishMedia extends MediaFacts {
  id: string;
  filename: string;
  altText: string | null;
  /** The caller's own cover picture, stored like any media. */
  thumbnail: PublishMedia | null;
}

/**
 * What a platform requires of an image or a video that it does not support as it is. The original is kept. A video is
 * rewrapped, with its index at the front, and size limits do not affect it.
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
  /** The bytes, from `start` up to but excluding `end`. */
  open(
    media: PublishMedia,
    options?: { rendition?: Rendition; start?: number; end?: number },
  ): Promise<ReadableStream<Uint8Array>>;
  /** The size and type of what `publicUrl` and `open` return, after conversion. */
  describe(
    media: PublishMedia,
    rendition?: Rendition,
  ): Promise<Pick<MediaFacts, "mimeType" | "sizeBytes" | "width" | "height">>;
}

/** A commit whose outcome is not known. */
export interface OpenIntent {
  step: string;
  /** When the first request of the step with an unknown outcome was about to be sent, by the database's clock. */
  intentAt: Date;
  /** The same for the latest such request; differs only after a forced retry. */
  lastIntentAt: Date;
  /** Since the first, in the engine's (scaled) seconds. */
  ageSeconds: number;
  /**
   * Posts that other requests are known to have published recently on the same platform account: none of them is this
   * one.
   */
  accountedIds: ReadonlySet<string>;
  /** Another lost request on the account had the same look, so a match may be that one's. */
  hasTwin: boolean;
  /** The outcome of other requests on the account is unknown as well, or the IDs of the posts they published. */
  hasOthers: boolean;
  /** The response that proved nothing, or the failure's name if there was none. */
  answer: {
    status: number | null;
    brokerCode: BrokerCode | null;
    platformError: PlatformErrorDetail | null;
    failure: string | null;
  };
}

export type Verdict =
  /**
   * It is live. The IDs are null if the platform shows that it is live but not which it is; the engine keeps asking.
   */
  | ({ verdict: "published" } & StepDone)
  /**
   * Proved by the state of a handle that existed before the request: immediately if it is `definitive`; otherwise the
   * engine requires two such reads, some time apart and after the indexing lag. `redoFrom` names the step to restart
   * from; without it, the commit itself is repeated.
   */
  | { verdict: "not_published"; definitive: boolean; proof: string; redoFrom?: string; error?: BrokerError }
  /**
   * No list shows it, and nothing but a list could. That is no proof: lists lag, and people delete and edit. Two such
   * reads, some time apart and after the indexing lag, make the post `unknown`, and it is never sent again
   * automatically.
   */
  | { verdict: "not_listed"; reason: string }
  /** Checking cannot settle it; the post becomes `unknown` immediately. Also used for two candidates. */
  | { verdict: "cannot_tell"; reason: string }
  /** The platform is still processing the handle, or could not be asked. */
  | { verdict: "pending"; reason: string };

/**
 * A platform's error or failure, read from structured fields. The public message and the internal detail are separate.
 */
export class BrokerError extends Error {
  readonly code: BrokerCode;
  /** The public code, if more specific than the broker code's. */
  readonly publicCode: PublicCode | null;
  /**
   * Whether this response proves that the request published nothing. Never true for timeouts, resets, 5xx and
   * unreadable responses.
   */
  readonly notPublished: boolean;
  /** Only after an accepted commit: the platform says that what it accepted is not live and never will be. */
  readonly neverLive: boolean;
  /** Whether retrying later can help; by default as the broker code says. */
  readonly retryable: boolean | null;
  /** When to retry, from the platform; null if it does not say. */
  readonly retryAfterSeconds: number | null;
  /** Of RATE_LIMITED: whose limit it is. An app's limit applies to all accounts connected through it. */
  readonly limitOf: "account" | "app";
  /** How many tries this failure is worth in all; null: the engine's usual number. */
  readonly maxAttempts: number | null;
  /** Whether it is temporary, whatever the post is: then attempts continue for as long as the post may be late. */
  readonly passes: boolean;
  /** The step to restart from on a retry (a failed container must be recreated); null: this one. */
  readonly redoFrom: string | null;
  readonly platformError: PlatformErrorDetail | null;
  /** What the platform says about the account's limits. */
  readonly limits: readonly AccountLimit[];

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
    this.limits = options.limits ?? [];
    const platformError = options.platformError ?? null;
    this.platformError = platformError === null ? null : bounded(platformError);
  }

  /**
   * The same error with changes, and this one as its cause. A new code starts over: what followed from the old one,
   * such as when to retry, no longer applies, and only the platform's message is kept.
   */
  with({ code, message, ...changes }: BrokerErrorOptions & { code?: BrokerCode; message?: string }): BrokerError {
    const kept = code === undefined ? this : { platformError: this.platformError };
    return new BrokerError(code ?? this.code, message ?? this.message, { ...kept, cause: this, ...changes });
  }
}

/** Of these every error passes. */
const PASSING: ReadonlySet<BrokerCode> = new Set(["PLATFORM_UNAVAILABLE", "RATE_LIMITED"]);

/** What can be said about a failure besides its code and message; see the fields of `BrokerError`. */
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
  limits?: readonly AccountLimit[];
  cause?: unknown;
}

/** A platform's messages are stored, shown and compared: limits their length. */
function bounded({ status, code, message, requestId }: PlatformErrorDetail): PlatformErrorDetail {
  const cut = (text: string | null, length: number) => (text === null ? null : cutText(text, length));
  return { status, code: cut(code, 200), message: cut(message, 1000), requestId: cut(requestId, 200) };
}

/**
 * A platform's sign-in, and the lifetimes of its tokens. Data, plus functions where the platform deviates from the
 * standard.
 */
export interface OAuth {
  /** Environment names are `${prefix}_CLIENT_ID`, `_CLIENT_SECRET`, `_REDIRECT_URI`. */
  environmentPrefix: string;
  /** Where developers create apps. */
  portalUrl: string;
  authorizeUrl: string;
  /** Everything it can ask for; `askedScopes` says what it does ask for. */
  scopes: readonly Scope[];
  scopeSeparator: "," | " ";
  /** How the PKCE challenge is written: RFC 7636 has base64url. False if none is sent. */
  pkce: "base64url" | "hex" | false;
  /** What the authorize address calls the client's id, where that is not `client_id`. */
  clientIdName?: string;
  /** Turns the code of the redirect into a grant that lasts. */
  exchange(http: HttpClient, app: OAuthApp, callback: { code: string; codeVerifier: string | null }): Promise<Grant>;
  /**
   * The profile of the grant, and its metadata without secrets. If one grant covers several (such as Pages), all of
   * them, at least one, in the platform's order: the user chooses. Throws BrokerError AUTH_REVOKED with a message for
   * the user if there is none to publish to. `readChoices` reads both forms. `scopes` is what `exchange` returned;
   * `environment` as in `StepContext`.
   */
  profile(
    http: HttpClient,
    accessToken: string,
    scopes?: readonly string[] | null,
    environment?: Readonly<Record<string, string>>,
  ): Promise<Profile | readonly ReachableAccount[]>;
  /**
   * Refreshes the profile of one of several accounts, with the account's own token. Present if `profile` requires the
   * user's.
   */
  profileAgain?(http: HttpClient, accessToken: string, platformAccountId: string): Promise<Profile>;
  /**
   * Maximum age of a profile before it is refreshed, in seconds, if the platform's quota is small; a day by default.
   */
  profileLastsSeconds?: number;
  /**
   * Absent if the platform cannot renew a grant. Throws BrokerError AUTH_EXPIRED or AUTH_REVOKED only if the platform
   * says so.
   */
  refresh?: {
    /** The earliest age of a token at which the platform renews it, and the age at which it should be, in seconds. */
    minAgeSeconds: number;
    afterSeconds: number;
    /** Set if renewal requires a refresh token: a grant without one expires with its access token. */
    needsRefreshToken?: true;
    run(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grant>;
  };
  /** Absent if the platform does not support it. */
  revoke?(http: HttpClient, app: OAuthApp, grant: Grant): Promise<void>;
  /**
   * Reads what the platform sends to the app's callbacks when a person removes the app or has their data deleted; null if
   * it has another format. Absent if there are no such callbacks.
   */
  readSignedRequest?(text: string): SignedRequest | null;
  /**
   * Adds to every request what depends on the app and on the operator's settings, such as a proof that it comes from the
   * app. Absent if there is nothing to add; `environment` as in `StepContext`.
   */
  prepare?(request: HttpRequest, app: OAuthApp, environment: Readonly<Record<string, string>>): HttpRequest;
  /**
   * Whose grant it is. Present if `revoke` revokes everything that this person granted to the app, on other accounts too:
   * it is not called while another connection depends on the same person's grant.
   */
  grantor?(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grantor>;
}

/** A platform's message about a person. Nothing in it is true until it is signed by an app's secret. */
export interface SignedRequest {
  /** As known to the app. */
  personId: string;
  issuedAt: Date;
  /** Compares in constant time. */
  isSignedBy(appSecret: string): boolean;
}

export interface OAuthApp {
  clientId: string;
  clientSecret: string;
  redirectUri: string;
  /** What to ask for, besides what publishing requires; null or absent: the default. */
  scopes?: readonly string[] | null;
  /** The configuration of Facebook Login for Business, which has its own permissions: they are not asked for by name. */
  configId?: string | null;
}

export interface Grant {
  accessToken: string;
  refreshToken: string | null;
  /** Seconds from now; null if the platform returns no expiry. */
  expiresInSeconds: number | null;
  refreshExpiresInSeconds: number | null;
  /** The granted scopes; null if the platform does not return them. */
  scopes: string[] | null;
  /** Of an account with a token of its own: also the person's, if the platform wants both. */
  userToken?: UserToken | null;
}

export type UserToken = Pick<Grant, "accessToken" | "expiresInSeconds">;

/** Who granted access. */
export interface Grantor {
  /** As known to the app; null if the token is no longer valid. */
  id: string | null;
  /** When the platform ends the app's access to this person's data, whatever the tokens' ends; null if never. */
  dataAccessEndsAt: Date | null;
}

/** One of several accounts that a grant reaches. */
export interface ReachableAccount {
  profile: Profile;
  /** The account's own token, if it has one instead of the grant's. */
  token?: Pick<Grant, "accessToken" | "expiresInSeconds">;
  /** The grant's token is stored, too: see `Grant.userToken`. */
  keepsUserToken?: true;
}

export interface Profile {
  platformAccountId: string;
  username: string | null;
  displayName: string | null;
  avatarUrl: string | null;
  metadata: Record<string, unknown>;
  /** The person's ID as known to the app, if there is no `grantor` that says it. */
  personId?: string | null;
}
