// Printed from the client by `npm run generate`. Change that, not this.
import type {
  Account,
  AccountContext,
  AccountFilter,
  AccountPostingTimes,
  AccountWithLimits,
  ApiKey,
  ApiRequest,
  ApiRequestDetails,
  CancelledInBatch,
  ConnectLink,
  ConnectLinkFilter,
  CreatedApiKey,
  CreatedInBatch,
  Crop,
  DeliveryFilter,
  ErrorCode,
  EventType,
  Issue,
  Media,
  MediaChanges,
  MediaFilter,
  Mode,
  NewAccountPostingTimes,
  NewApiKey,
  NewConnectLink,
  NewMedia,
  NewOwnApp,
  NewPost,
  NewPostingTimes,
  NewSandboxFaults,
  NewTenant,
  NewWebhook,
  OwnApp,
  PauseTarget,
  Platform,
  PlatformDescription,
  PlatformSet,
  Post,
  PostAttempt,
  PostChanges,
  PostFee,
  PostFilter,
  PostLimit,
  PostSummary,
  PostingTimes,
  PostsToCancel,
  Publishing,
  PublishingStats,
  PublishingStatsFilter,
  RequestFilter,
  Resolution,
  Retry,
  SandboxFault,
  Tenant,
  TenantChanges,
  TenantFilter,
  UploadUrl,
  Usage,
  Webhook,
  WebhookChanges,
  WebhookDelivery,
} from "./types.js";

/** A media object, and its ETag. */
interface MediaAnswer {
  media: Media;
  etag: string | null;
}
interface ClientOptions {
  /** `amp_live_…`, or `amp_test_…` for the sandbox. For `tenants`, an operator key: `amp_op_…`. */
  apiKey: string;
  /** The API's base URL. Default: https://api.ampost.io. */
  baseUrl?: string;
  /** The function that sends requests. Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** How often a repeatable request is retried. Default: 3. */
  retries?: number;
  /** The timeout of one attempt. Default: 60 seconds. */
  timeoutSeconds?: number;
  /** From 0 up to 1: randomizes the delays between attempts. */
  random?(): number;
  /** Waits between attempts; rejects early if the signal aborts. */
  pause?(seconds: number, signal?: AbortSignal): Promise<void>;
}
type Client = ReturnType<typeof createClient>;
/**
 * A client for the API. Results have the same fields as API responses. Every write sends an Idempotency-Key, so calls
 * are retried after temporary failures without running twice. Errors and permanent failures reject with an AmpostError.
 */
declare function createClient({ apiKey, baseUrl, retries, timeoutSeconds, random, pause, ...options }: ClientOptions): {
  posts: {
    create(
      post: NewPost,
      {
        files,
        ...options
      }?: WriteOptions & {
        files?: readonly File[];
      },
    ): Promise<PostWithWarnings>;
    createMany(
      {
        posts,
        dryRun,
      }: {
        posts: readonly (NewPost & {
          idempotencyKey: string;
        })[];
        dryRun?: boolean;
      },
      options?: CallOptions,
    ): Promise<CreatedPosts>;
    validate(post: NewPost, options?: CallOptions): Promise<PostValidation>;
    list(filter?: PostFilter, options?: CallOptions): Promise<PostPage>;
    iterate(filter?: Omit<PostFilter, "cursor" | "offset">, options?: CallOptions): AsyncGenerator<PostSummary, void>;
    get(id: string, { waitSeconds, ...options }?: CallOptions & Wait): Promise<PostAnswer>;
    update(
      id: string,
      changes: PostChanges,
      options?: WriteOptions & {
        ifMatch?: string;
      },
    ): Promise<PostWithWarnings>;
    publish(id: string, options?: WaitOptions): Promise<PostAnswer>;
    retry(id: string, what?: Retry, options?: WaitOptions): Promise<PostAnswer>;
    resolve(id: string, found: Resolution, options?: WriteOptions): Promise<PostAnswer>;
    cancel(id: string, options?: WriteOptions): Promise<PostAnswer>;
    cancelMany(body: PostsToCancel, options?: CallOptions): Promise<CancelledPosts>;
    delete(id: string, options?: WriteOptions): Promise<PostAnswer>;
    attempts(
      id: string,
      options?: CallOptions,
    ): Promise<{
      attempts: PostAttempt[];
    }>;
    events(id: string, options?: CallOptions): AsyncGenerator<PostAnswer, void>;
  };
  publishing: {
    get(options?: CallOptions): Promise<{
      publishing: Publishing;
    }>;
    /** Everything in the key's mode, unless a platform set or an account is named. */
    pause(
      target?: PauseTarget,
      options?: WriteOptions,
    ): Promise<{
      publishing: Publishing;
    }>;
    /** Ends a pause that was started with the same target. */
    resume(
      target?: PauseTarget,
      options?: WriteOptions,
    ): Promise<{
      publishing: Publishing;
    }>;
    /** How many platform posts went live on each of the last days, and how late. */
    stats(
      filter?: PublishingStatsFilter,
      options?: CallOptions,
    ): Promise<{
      stats: PublishingStats;
    }>;
  };
  platformSets: {
    list(options?: CallOptions): Promise<{
      sets: PlatformSet[];
    }>;
    create(
      set: {
        name: string;
      },
      options?: WriteOptions,
    ): Promise<{
      set: PlatformSet;
    }>;
    rename(
      id: string,
      name: string,
      options?: WriteOptions,
    ): Promise<{
      set: PlatformSet;
    }>;
    getPostingTimes(
      id: string,
      options?: CallOptions,
    ): Promise<{
      postingTimes: PostingTimes;
    }>;
    /** Replaces all of them. A post with `nextPostingTime` is scheduled for the next one that is free. */
    setPostingTimes(
      id: string,
      postingTimes: NewPostingTimes,
      options?: WriteOptions,
    ): Promise<{
      postingTimes: PostingTimes;
    }>;
    /** Disconnects its accounts and discards its scheduled posts; drafts stay drafts. */
    delete(
      id: string,
      options?: WriteOptions,
    ): Promise<{
      success: true;
    }>;
  };
  accounts: {
    list(
      filter?: AccountFilter,
      options?: CallOptions,
    ): Promise<{
      accounts: Account[];
    }>;
    get(
      id: string,
      options?: CallOptions,
    ): Promise<{
      account: AccountWithLimits;
    }>;
    /** Its own or, if `isOwn` is false, those of its platform set. */
    getPostingTimes(
      id: string,
      options?: CallOptions,
    ): Promise<{
      postingTimes: AccountPostingTimes;
    }>;
    /** Gives it times of its own; with `null` it follows its platform set. */
    setPostingTimes(
      id: string,
      times: NewAccountPostingTimes,
      options?: WriteOptions,
    ): Promise<{
      postingTimes: AccountPostingTimes;
    }>;
    /** The caller, the key's permissions, the remaining quotas, the time zone and the current time. */
    context(options?: CallOptions): Promise<AccountContext>;
  };
  media: {
    /** Sends a file in chunks: whatever fails, uploaded chunks are kept. Posts reference it by the returned `id`. */
    upload(
      source: UploadSource,
      options?: UploadOptions,
    ): Promise<{
      media: Media;
    }>;
    /** Lets the server fetch a file from its URL; the response is `pending` until it has been fetched. */
    create(
      media: NewMedia,
      options?: WriteOptions,
    ): Promise<{
      media: Media;
    }>;
    /** A URL to which a program without a key can upload one file, within an hour, by PUT. */
    uploadUrl(
      upload?: {
        filename?: string | null;
      },
      options?: WriteOptions,
    ): Promise<{
      upload: UploadUrl;
    }>;
    list(
      filter?: MediaFilter,
      options?: CallOptions,
    ): Promise<{
      media: Media[];
      total: number;
    }>;
    /** All matches, newest first, fetched page by page as needed. */
    iterate({ limit, ...filter }?: Omit<MediaFilter, "offset">, options?: CallOptions): AsyncGenerator<Media, void>;
    get(id: string, options?: CallOptions): Promise<MediaAnswer>;
    /** With `ifMatch`, the `etag` of a response, it fails if someone else has changed it first. */
    update(
      id: string,
      changes: MediaChanges,
      options?: WriteOptions & {
        ifMatch?: string;
      },
    ): Promise<MediaAnswer>;
    /** The newest posts that use it, and how many do. */
    posts(
      id: string,
      {
        limit,
      }?: {
        limit?: number;
      },
      options?: CallOptions,
    ): Promise<{
      posts: PostSummary[];
      total: number;
    }>;
    /** Creates a media object with part of an image, in pixels of the upright image. */
    crop(
      id: string,
      area: Crop,
      options?: WriteOptions,
    ): Promise<{
      media: Media;
    }>;
    delete(
      id: string,
      options?: WriteOptions,
    ): Promise<{
      success: true;
    }>;
  };
  platforms: {
    /** What each platform accepts, as data and in sentences. */
    list(options?: CallOptions): Promise<{
      platforms: PlatformDescription[];
    }>;
    get(
      platform: Platform,
      options?: CallOptions,
    ): Promise<{
      platform: PlatformDescription;
    }>;
  };
  connectLinks: {
    /** A single-use link with which someone without a login connects an account. Only this response has its `url`. */
    create(
      link: NewConnectLink,
      options?: WriteOptions,
    ): Promise<{
      connectLink: ConnectLink;
    }>;
    list(
      filter?: ConnectLinkFilter,
      options?: CallOptions,
    ): Promise<{
      connectLinks: ConnectLink[];
      total: number;
    }>;
    /** All matches, newest first, fetched page by page as needed. */
    iterate(
      { limit, ...filter }?: Omit<ConnectLinkFilter, "offset">,
      options?: CallOptions,
    ): AsyncGenerator<ConnectLink, void>;
    get(
      id: string,
      options?: CallOptions,
    ): Promise<{
      connectLink: ConnectLink;
    }>;
    /** Revokes a link that has not been used. */
    revoke(
      id: string,
      options?: WriteOptions,
    ): Promise<{
      connectLink: ConnectLink;
    }>;
  };
  apps: {
    /** The user's own OAuth apps. Requires a key with the policy `oauthApps`, like the others. */
    list(options?: CallOptions): Promise<{
      apps: OwnApp[];
    }>;
    save(
      platform: Platform,
      app: NewOwnApp,
      options?: WriteOptions,
    ): Promise<{
      app: OwnApp;
    }>;
    delete(
      platform: Platform,
      options?: WriteOptions,
    ): Promise<{
      success: true;
    }>;
  };
  webhooks: {
    create(
      webhook: NewWebhook,
      options?: WriteOptions,
    ): Promise<{
      webhook: Webhook;
    }>;
    list(options?: CallOptions): Promise<{
      webhooks: Webhook[];
    }>;
    get(
      id: string,
      options?: CallOptions,
    ): Promise<{
      webhook: Webhook;
    }>;
    update(
      id: string,
      changes: WebhookChanges,
      options?: WriteOptions,
    ): Promise<{
      webhook: Webhook;
    }>;
    delete(
      id: string,
      options?: WriteOptions,
    ): Promise<{
      webhook: Webhook;
    }>;
    rotateSecret(
      id: string,
      options?: WriteOptions,
    ): Promise<{
      webhook: Webhook;
    }>;
    test(
      id: string,
      options?: WriteOptions,
    ): Promise<{
      delivery: WebhookDelivery;
    }>;
    deliveries(
      id: string,
      filter?: DeliveryFilter,
      options?: CallOptions,
    ): Promise<{
      deliveries: WebhookDelivery[];
      total: number;
    }>;
    iterateDeliveries(
      id: string,
      { limit, ...filter }?: Omit<DeliveryFilter, "offset">,
      options?: CallOptions,
    ): AsyncGenerator<WebhookDelivery, void>;
    redeliver(
      deliveryId: string,
      options?: WriteOptions,
    ): Promise<{
      delivery: WebhookDelivery;
    }>;
  };
  usage: {
    /** The plan, what has been used of its quotas, and what is left of the rates. */
    get(options?: CallOptions): Promise<{
      usage: Usage;
    }>;
  };
  requests: {
    /** The request log, newest first. */
    list(
      filter?: RequestFilter,
      options?: CallOptions,
    ): Promise<{
      requests: ApiRequest[];
      nextCursor: string | null;
    }>;
    /** `id`: the `requestId` of an error. */
    get(
      id: string,
      options?: CallOptions,
    ): Promise<{
      request: ApiRequestDetails;
    }>;
  };
  sandboxFaults: {
    get(
      accountId: string,
      options?: CallOptions,
    ): Promise<{
      faults: SandboxFault[];
    }>;
    /** Replaces what was set before. */
    set(
      accountId: string,
      faults: NewSandboxFaults,
      options?: WriteOptions,
    ): Promise<{
      faults: SandboxFault[];
    }>;
  };
  tenants: {
    list(
      filter?: TenantFilter,
      options?: CallOptions,
    ): Promise<{
      tenants: Tenant[];
      nextCursor: string | null;
    }>;
    create(tenant: NewTenant, options?: WriteOptions): Promise<TenantAnswer>;
    get(id: string, options?: CallOptions): Promise<TenantAnswer>;
    update(
      id: string,
      changes: TenantChanges,
      options?: WriteOptions & {
        ifMatch?: string;
      },
    ): Promise<TenantAnswer>;
    delete(
      id: string,
      options?: WriteOptions & {
        ifMatch?: string;
      },
    ): Promise<{
      success: true;
    }>;
    usage(
      id: string,
      options?: CallOptions,
    ): Promise<{
      usage: Usage;
    }>;
    listKeys(
      id: string,
      options?: CallOptions,
    ): Promise<{
      keys: ApiKey[];
    }>;
    createKey(
      id: string,
      key: NewApiKey,
      options?: WriteOptions,
    ): Promise<{
      key: CreatedApiKey;
    }>;
    rollKey(
      id: string,
      keyId: string,
      body?: {
        overlapSeconds?: number;
      },
      options?: WriteOptions,
    ): Promise<{
      key: CreatedApiKey;
    }>;
    listApps(
      id: string,
      filter?: {
        mode?: Mode;
      },
      options?: CallOptions,
    ): Promise<{
      apps: OwnApp[];
    }>;
    saveApp(
      id: string,
      platform: Platform,
      app: NewOwnApp & {
        mode?: Mode;
      },
      options?: WriteOptions,
    ): Promise<{
      app: OwnApp;
    }>;
    deleteApp(
      id: string,
      platform: Platform,
      {
        mode,
      }?: {
        mode?: Mode;
      },
      options?: WriteOptions,
    ): Promise<{
      success: true;
    }>;
    revokeKey(
      id: string,
      keyId: string,
      options?: WriteOptions,
    ): Promise<{
      key: ApiKey;
    }>;
  };
};

/** What can fail before the API responds, or when something else responds in its place. */
type FailureCode = "CONNECTION_FAILED" | "TIMED_OUT" | "UNEXPECTED_ANSWER";
/** The limit behind a 429. */
interface UsedUpLimit {
  kind: "rate" | "quota";
  name: string;
  limit: number;
  /** Null if waiting does not restore it. */
  resetsAt: string | null;
}
/** Why a call failed. `message` is for people; code should check `code`. */
declare class AmpostError extends Error {
  readonly name = "AmpostError";
  readonly code: ErrorCode | FailureCode;
  /** The HTTP status; null if there was no response. */
  readonly status: number | null;
  /** Every broken rule, each with its location in the request and what to do. */
  readonly issues: readonly Issue[];
  /** The page that explains the code; null if there was no response from the API. */
  readonly docs: string | null;
  /** The request ID, as in the server's log; null if there was no response. */
  readonly requestId: string | null;
  /** How many seconds to wait before a retry, according to the server. */
  readonly retryAfterSeconds: number | null;
  /** The exceeded limit, if the code is `RATE_LIMITED` and the server returns it. */
  readonly limit: UsedUpLimit | null;
  /** What the earlier request created or changed, if the code is `IDEMPOTENCY_KEY_REUSED`. */
  readonly object: {
    type: string;
    id: string;
  } | null;
  constructor(
    code: ErrorCode | FailureCode,
    message: string,
    details?: Partial<
      Pick<AmpostError, "status" | "issues" | "docs" | "requestId" | "retryAfterSeconds" | "limit" | "object" | "cause">
    >,
  );
}
/** The error of an unsuccessful response. */
declare function refusalOf(response: Response, text: string): AmpostError;
/** The error thrown when there was no complete response. */
declare function failureOf(error: unknown): AmpostError;
/** Whether the same call may succeed a little later, if it can be repeated at all. */
declare function isPassing({ code, status }: AmpostError): boolean;

/** A webhook event. */
interface WebhookEvent {
  type: EventType | "webhook.test";
  /** When it happened. */
  timestamp: string;
  /** Increases from event to event, and orders the events of a post. Null for `webhook.test`. */
  sequence: number | null;
  /** Counts the events of the post: 1, 2, 3, …. Null if the event is not about a post. */
  postSequence: number | null;
  mode: Mode;
  /** The object, as it was when this event was first sent; null if it has been deleted. */
  data: {
    post?: Post | null;
    platformPostId?: string;
    account?: Account | null;
    [member: string]: unknown;
  };
}
interface WebhookRequest {
  /** The raw request body, byte for byte: parsing and serializing it again changes the signature. */
  body: string | Uint8Array<ArrayBuffer>;
  /** The request's headers, in any format your framework uses. */
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The webhook's secret, `whsec_…`; several during a rotation. */
  secret: string | readonly string[];
  /** The maximum difference between its timestamp and now, in either direction. Default: 300 seconds. */
  toleranceSeconds?: number;
  /** The current time, in milliseconds since 1970. */
  now?(): number;
}
/** A request that Ampost did not send, or did not send recently. Respond with 400. */
declare class WebhookVerificationError extends Error {
  readonly name = "WebhookVerificationError";
}
/**
 * The event in a webhook request, after verifying that Ampost sent it (https://www.standardwebhooks.com). The
 * `webhook-id` header is the same whenever the same event is resent. Rejects with a WebhookVerificationError.
 */
declare function verifyWebhook({ body, headers, secret, toleranceSeconds, now }: WebhookRequest): Promise<WebhookEvent>;

/** The settings of every request. */
interface Connection {
  /** Null: the browser's session cookie. */
  apiKey: string | null;
  /** Without a trailing slash. */
  baseUrl: string;
  fetch: typeof fetch;
  /** How often a repeatable request is retried. */
  retries: number;
  /** The timeout of one attempt. */
  timeoutSeconds: number;
  /** From 0 up to 1: randomizes the delays between attempts. */
  random(): number;
  pause(seconds: number, signal?: AbortSignal): Promise<void>;
}
/** Options of every call. */
interface CallOptions {
  /** Aborts the call; it rejects with the signal's reason. */
  signal?: AbortSignal;
}
/** Options of a call that changes something. */
interface WriteOptions extends CallOptions {
  /**
   * Any text that identifies this write, up to 255 ASCII characters: the same key with the same input runs once,
   * however often it is sent. Without one, each call generates its own, which covers only that call's retries.
   */
  idempotencyKey?: string;
}
interface Call extends WriteOptions {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: object;
  /** Sent as JSON, or as is if it is a form or bytes. */
  body?: object;
  headers?: Record<string, string>;
  /** False: it is sent once, whatever the outcome. */
  repeatable?: boolean;
  /** Longer than usual if the server is asked to wait. */
  timeoutSeconds?: number;
}
interface Answered<Answer> {
  answer: Answer;
  headers: Headers;
}
/** A request that changes nothing. */
declare function read<Answer>(
  connection: Connection,
  path: string,
  options?: CallOptions & {
    query?: object;
  },
): Promise<Answer>;
/** A request that makes its change once, however often it is sent. With `ifMatch`, only if that is still the ETag. */
declare function write<Answer>(
  connection: Connection,
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  {
    ifMatch,
    ...options
  }?: WriteOptions &
    Pick<Call, "body" | "headers" | "timeoutSeconds"> & {
      ifMatch?: string;
    },
): Promise<Answered<Answer>>;
/** An answer with the ETag of its response. */
declare function withEtag<Answer extends object>({
  answer,
  headers,
}: Answered<Answer>): Answer & {
  etag: string | null;
};
/** Sends a request, retries it when that is safe and useful, and reads the response. Rejects with an AmpostError. */
declare function call<Answer>(connection: Connection, asked: Call): Promise<Answered<Answer>>;
/** Sends one request. Resolves once headers and status have been read. */
declare function send(
  { apiKey, baseUrl, fetch }: Connection,
  {
    method,
    path,
    query,
    body,
    idempotencyKey,
    headers,
    signal,
  }: Omit<Call, "body"> & {
    body?: string | FormData | Blob;
  },
  ended: AbortSignal,
): Promise<Response>;
/**
 * All items of a list, fetched page by page as needed. Items added in the meantime shift the pages, so each item is
 * returned only once.
 */
declare function everyItem<
  Item extends {
    id: string;
  },
>(
  fetchPage: (page: { limit: number; offset: number }) => Promise<readonly Item[]>,
  limit?: number,
): AsyncGenerator<Item, void>;
/** Retries until it succeeds, fails permanently, or runs out of attempts. */
declare function repeated<Result>(
  connection: Connection,
  { signal, repeatable }: Pick<Call, "signal" | "repeatable">,
  attempt: () => Promise<Result>,
): Promise<Result>;
/** Waits before the next attempt, as long as the server asks; throws the failure if it should not be retried. */
declare function pauseAfter(
  { retries, random, pause }: Connection,
  failure: AmpostError,
  failures: number,
  signal?: AbortSignal,
): Promise<void>;
/** A path with encoded parameters, so that an ID can never address another path. */
declare function path(parts: TemplateStringsArray, ...values: readonly string[]): string;

/** A post, with the ETag that makes an update conditional on no one else having changed it. */
interface PostAnswer {
  post: Post;
  etag: string | null;
}
interface PostWithWarnings extends PostAnswer {
  /** Problems worth knowing that do not reject the post. */
  warnings: Issue[];
  /** What platforms charge the app's owner for publishing the post. */
  fees: PostFee[];
}
interface PostValidation {
  valid: boolean;
  /** Every broken rule. */
  issues: Issue[];
  warnings: Issue[];
  /** When it would be published: with `spread`, the next free time. Null for a draft. */
  scheduledFor: string | null;
  /** What is left of each platform limit that the post uses. */
  limits: PostLimit[];
  /** What platforms charge the app's owner for publishing the post. */
  fees: PostFee[];
}
/** What became of each post of a request. */
interface CreatedPosts {
  /** In the order of the request. */
  results: CreatedInBatch[];
  created: number;
  failed: number;
}
interface CancelledPosts {
  /** In the order of the request. */
  results: CancelledInBatch[];
  cancelled: number;
  failed: number;
}
interface PostPage {
  posts: PostSummary[];
  /** How many posts match the filter. */
  total: number;
  /** Pass it as `cursor` to get the next page; null on the last page. */
  nextCursor: string | null;
}
interface Wait {
  /** Wait until every platform post is settled, or this many seconds, at most 60. Default: respond immediately. */
  waitSeconds?: number;
}
interface WaitOptions extends WriteOptions, Wait {}
declare function createPosts(connection: Connection): {
  /**
   * Creates a draft, or a scheduled post if `scheduledFor` is given. A file whose name equals the `filename` of a
   * media entry supplies that entry's bytes; any other file is appended.
   */
  create(
    post: NewPost,
    {
      files,
      ...options
    }?: WriteOptions & {
      files?: readonly File[];
    },
  ): Promise<PostWithWarnings>;
  /**
   * Creates up to 50 posts, each once for its key, or with `dryRun` only validates them. Some or all may fail: read
   * each `error`.
   */
  createMany(
    {
      posts,
      dryRun,
    }: {
      posts: readonly (NewPost & {
        idempotencyKey: string;
      })[];
      dryRun?: boolean;
    },
    options?: CallOptions,
  ): Promise<CreatedPosts>;
  /** Every issue and warning that creating this post would cause, without storing anything. */
  validate(post: NewPost, options?: CallOptions): Promise<PostValidation>;
  /** One page of posts, newest first. */
  list(filter?: PostFilter, options?: CallOptions): Promise<PostPage>;
  /** All matching posts, newest first, fetched page by page as needed. */
  iterate(filter?: Omit<PostFilter, "cursor" | "offset">, options?: CallOptions): AsyncGenerator<PostSummary, void>;
  /** With `waitSeconds`, it also waits while a person has neither approved nor discarded a post that needs approval. */
  get(id: string, { waitSeconds, ...options }?: CallOptions & Wait): Promise<PostAnswer>;
  /**
   * Changes a draft or scheduled post. With `ifMatch`, the `etag` of a response, it fails if someone else has
   * changed it first.
   */
  update(
    id: string,
    changes: PostChanges,
    options?: WriteOptions & {
      ifMatch?: string;
    },
  ): Promise<PostWithWarnings>;
  /** Starts publishing now. */
  publish(id: string, options?: WaitOptions): Promise<PostAnswer>;
  /** Publishes failed platform posts again. An `unknown` one may be live: it is resent only if named with `force`. */
  retry(id: string, what?: Retry, options?: WaitOptions): Promise<PostAnswer>;
  /** Reports whether an `unknown` platform post is live, and its link. */
  resolve(id: string, found: Resolution, options?: WriteOptions): Promise<PostAnswer>;
  /** Discards what has not been published. */
  cancel(id: string, options?: WriteOptions): Promise<PostAnswer>;
  /** Discards up to 50 posts. Some or all may fail: read each `error`. */
  cancelMany(body: PostsToCancel, options?: CallOptions): Promise<CancelledPosts>;
  /** The same as cancel. */
  delete(id: string, options?: WriteOptions): Promise<PostAnswer>;
  /** Everything done to publish the post, oldest first, with every request to the platform. */
  attempts(
    id: string,
    options?: CallOptions,
  ): Promise<{
    attempts: PostAttempt[];
  }>;
  /**
   * The post now and after every change, until it is published, partial, failed or discarded. Reconnects
   * automatically.
   */
  events(id: string, options?: CallOptions): AsyncGenerator<PostAnswer, void>;
};

/** A tenant, with the ETag that makes an update conditional on no one else having changed it. */
interface TenantAnswer {
  tenant: Tenant;
  etag: string | null;
}
/** The users of an instance, for its operator. Requires an operator key. */
declare function createTenants(connection: Connection): {
  /** One page of tenants, newest first. */
  list(
    filter?: TenantFilter,
    options?: CallOptions,
  ): Promise<{
    tenants: Tenant[];
    nextCursor: string | null;
  }>;
  create(tenant: NewTenant, options?: WriteOptions): Promise<TenantAnswer>;
  get(id: string, options?: CallOptions): Promise<TenantAnswer>;
  /** With `ifMatch`, only if the tenant still has this ETag. */
  update(
    id: string,
    changes: TenantChanges,
    options?: WriteOptions & {
      ifMatch?: string;
    },
  ): Promise<TenantAnswer>;
  /** Deletes the user with everything of it. */
  delete(
    id: string,
    options?: WriteOptions & {
      ifMatch?: string;
    },
  ): Promise<{
    success: true;
  }>;
  /** What the tenant has used of its plan, and what is left. */
  usage(
    id: string,
    options?: CallOptions,
  ): Promise<{
    usage: Usage;
  }>;
  listKeys(
    id: string,
    options?: CallOptions,
  ): Promise<{
    keys: ApiKey[];
  }>;
  createKey(
    id: string,
    key: NewApiKey,
    options?: WriteOptions,
  ): Promise<{
    key: CreatedApiKey;
  }>;
  /** Replaces a key by one that is the same. The old one works for `overlapSeconds` longer, by default not at all. */
  rollKey(
    id: string,
    keyId: string,
    body?: {
      overlapSeconds?: number;
    },
    options?: WriteOptions,
  ): Promise<{
    key: CreatedApiKey;
  }>;
  /** The tenant's own OAuth apps in a mode, by default live. */
  listApps(
    id: string,
    filter?: {
      mode?: Mode;
    },
    options?: CallOptions,
  ): Promise<{
    apps: OwnApp[];
  }>;
  saveApp(
    id: string,
    platform: Platform,
    app: NewOwnApp & {
      mode?: Mode;
    },
    options?: WriteOptions,
  ): Promise<{
    app: OwnApp;
  }>;
  deleteApp(
    id: string,
    platform: Platform,
    {
      mode,
    }?: {
      mode?: Mode;
    },
    options?: WriteOptions,
  ): Promise<{
    success: true;
  }>;
  revokeKey(
    id: string,
    keyId: string,
    options?: WriteOptions,
  ): Promise<{
    key: ApiKey;
  }>;
};

/**
 * What to upload. A `File` has its own name; in Node.js, `openAsBlob` of `node:fs` reads from disk while it is being
 * sent.
 */
type UploadSource = Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;
interface UploadOptions extends WriteOptions {
  /** A name for the file, if the source has none. */
  filename?: string;
  /** The file's type; the server goes by its bytes. */
  mimeType?: string;
  /** Called when bytes have been stored by the server. */
  onProgress?(progress: UploadProgress): void;
  /** Called with the value for `resume`, once the upload has started. */
  onBegin?(upload: string): void;
  /** Continues an upload of the same bytes that was started within the last 24 hours. */
  resume?: string;
  /** How much is sent in one request. Default: 8 MB. */
  chunkBytes?: number;
}
interface UploadProgress {
  sentBytes: number;
  totalBytes: number;
}
/** Sends a file in chunks, so that a lost connection costs one chunk and not the file. */
declare function upload(
  connection: Connection,
  source: UploadSource,
  options: UploadOptions,
): Promise<{
  media: Media;
}>;

export { createClient, type Client, type ClientOptions, type MediaAnswer };
export { AmpostError, type FailureCode, type UsedUpLimit };
export { verifyWebhook, WebhookVerificationError, type WebhookEvent, type WebhookRequest };
export type { CallOptions, WriteOptions };
export type { CancelledPosts, CreatedPosts, PostAnswer, PostPage, PostValidation, PostWithWarnings, Wait, WaitOptions };
export type { TenantAnswer };
export type { UploadOptions, UploadProgress, UploadSource };
export type * from "./types.js";
