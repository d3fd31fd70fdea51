import {
  call,
  type CallOptions,
  type Connection,
  everyItem,
  path,
  read,
  withEtag,
  write,
  type WriteOptions,
} from "./call.ts";
import { createPosts } from "./posts.ts";
import { createTenants } from "./tenants.ts";
import type {
  Account,
  AccountWithLimits,
  AccountContext,
  AccountFilter,
  AccountPostingTimes,
  ApiRequest,
  ApiRequestDetails,
  ConnectLink,
  ConnectLinkFilter,
  Crop,
  Media,
  MediaChanges,
  MediaFilter,
  NewConnectLink,
  NewMedia,
  NewOwnApp,
  NewAccountPostingTimes,
  NewPostingTimes,
  NewSandboxFaults,
  OwnApp,
  Platform,
  PlatformDescription,
  PauseTarget,
  PlatformSet,
  PostSummary,
  PostingTimes,
  Publishing,
  PublishingStats,
  PublishingStatsFilter,
  RequestFilter,
  SandboxFault,
  UploadUrl,
  Usage,
} from "./types.ts";
import { upload, type UploadOptions, type UploadSource } from "./upload.ts";
import { createWebhooks } from "./webhooks.ts";

/** A media object, and its ETag. */
export interface MediaAnswer {
  media: Media;
  etag: string | null;
}

export interface ClientOptions {
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

export type Client = ReturnType<typeof createClient>;

/**
 * A client for the API. Results have the same fields as API responses. Every write sends an Idempotency-Key, so calls
 * are retried after temporary failures without running twice. Errors and permanent failures reject with an AmpostError.
 */
export function createClient({
  apiKey,
  baseUrl = "https://api.ampost.io",
  retries = 3,
  timeoutSeconds = 60,
  random = Math.random,
  pause = sleep,
  ...options
}: ClientOptions) {
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey))
    throw new TypeError("apiKey is not a valid key: it must begin with amp_live_ or amp_test_ and contain no spaces.");
  if (!(timeoutSeconds > 0 && timeoutSeconds <= LONGEST_TIMEOUT_SECONDS))
    throw new TypeError(`timeoutSeconds must be a number above 0 and at most ${LONGEST_TIMEOUT_SECONDS}.`);
  const fetching: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const connection: Connection = {
    apiKey,
    baseUrl: checkedUrl(baseUrl),
    fetch: fetching,
    retries,
    timeoutSeconds,
    random,
    pause,
  };
  return {
    posts: createPosts(connection),
    publishing: createPublishing(connection),
    platformSets: createPlatformSets(connection),
    accounts: createAccounts(connection),
    media: createMedia(connection),
    platforms: createPlatforms(connection),
    connectLinks: createConnectLinks(connection),
    apps: createApps(connection),
    webhooks: createWebhooks(connection),
    usage: createUsage(connection),
    requests: createRequests(connection),
    sandboxFaults: createSandboxFaults(connection),
    tenants: createTenants(connection),
  };
}

/** A week: timers in every runtime can handle it. */
const LONGEST_TIMEOUT_SECONDS = 604_800;

/**
 * The URL without a trailing slash. A URL that can never work is rejected immediately, not when the first request
 * fails.
 */
function checkedUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== "" ||
    url.password !== "" ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new TypeError(
      "baseUrl must be a complete http or https URL without user, query or fragment, such as https://api.ampost.io.",
    );
  }
  return `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, "")}`;
}

function createPublishing(connection: Connection) {
  const change = async (what: "pause" | "resume", target: PauseTarget, options: WriteOptions) =>
    (
      await write<{ publishing: Publishing }>(connection, "POST", `/api/v1/publishing/${what}`, {
        ...options,
        body: target,
      })
    ).answer;
  return {
    async get(options: CallOptions = {}): Promise<{ publishing: Publishing }> {
      return await read(connection, "/api/v1/publishing", options);
    },
    /** Everything in the key's mode, unless a platform set or an account is named. */
    async pause(target: PauseTarget = {}, options: WriteOptions = {}): Promise<{ publishing: Publishing }> {
      return await change("pause", target, options);
    },
    /** Ends a pause that was started with the same target. */
    async resume(target: PauseTarget = {}, options: WriteOptions = {}): Promise<{ publishing: Publishing }> {
      return await change("resume", target, options);
    },
    /** How many platform posts went live on each of the last days, and how late. */
    async stats(filter: PublishingStatsFilter = {}, options: CallOptions = {}): Promise<{ stats: PublishingStats }> {
      return await read(connection, "/api/v1/publishing/stats", { ...options, query: filter });
    },
  };
}

function createUsage(connection: Connection) {
  return {
    /** The plan, what has been used of its quotas, and what is left of the rates. */
    async get(options: CallOptions = {}): Promise<{ usage: Usage }> {
      return await read(connection, "/api/v1/usage", options);
    },
  };
}

function createRequests(connection: Connection) {
  return {
    /** The request log, newest first. */
    async list(
      filter: RequestFilter = {},
      options: CallOptions = {},
    ): Promise<{ requests: ApiRequest[]; nextCursor: string | null }> {
      return await read(connection, "/api/v1/requests", { ...options, query: filter });
    },
    /** `id`: the `requestId` of an error. */
    async get(id: string, options: CallOptions = {}): Promise<{ request: ApiRequestDetails }> {
      return await read(connection, path`/api/v1/requests/${id}`, options);
    },
  };
}

/** How the next publishing calls of a test account fail. */
function createSandboxFaults(connection: Connection) {
  const of = (accountId: string) => path`/api/v1/accounts/${accountId}/sandbox-faults`;
  return {
    async get(accountId: string, options: CallOptions = {}): Promise<{ faults: SandboxFault[] }> {
      return await read(connection, of(accountId), options);
    },
    /** Replaces what was set before. */
    async set(
      accountId: string,
      faults: NewSandboxFaults,
      options: WriteOptions = {},
    ): Promise<{ faults: SandboxFault[] }> {
      const given = { ...options, body: faults };
      return (await write<{ faults: SandboxFault[] }>(connection, "PUT", of(accountId), given)).answer;
    },
  };
}

function createPlatformSets(connection: Connection) {
  const one = (id: string) => path`/api/v1/platform-sets/${id}`;
  return {
    async list(options: CallOptions = {}): Promise<{ sets: PlatformSet[] }> {
      return await read(connection, "/api/v1/platform-sets", options);
    },
    async create(set: { name: string }, options: WriteOptions = {}): Promise<{ set: PlatformSet }> {
      return (await write<{ set: PlatformSet }>(connection, "POST", "/api/v1/platform-sets", { ...options, body: set }))
        .answer;
    },
    async rename(id: string, name: string, options: WriteOptions = {}): Promise<{ set: PlatformSet }> {
      return (await write<{ set: PlatformSet }>(connection, "PATCH", one(id), { ...options, body: { name } })).answer;
    },
    async getPostingTimes(id: string, options: CallOptions = {}): Promise<{ postingTimes: PostingTimes }> {
      return await read(connection, `${one(id)}/posting-times`, options);
    },
    /** Replaces all of them. A post with `nextPostingTime` is scheduled for the next one that is free. */
    async setPostingTimes(
      id: string,
      postingTimes: NewPostingTimes,
      options: WriteOptions = {},
    ): Promise<{ postingTimes: PostingTimes }> {
      const at = `${one(id)}/posting-times`;
      return (await write<{ postingTimes: PostingTimes }>(connection, "PUT", at, { ...options, body: postingTimes }))
        .answer;
    },
    /** Disconnects its accounts and discards its scheduled posts; drafts stay drafts. */
    async delete(id: string, options: WriteOptions = {}): Promise<{ success: true }> {
      return (await write<{ success: true }>(connection, "DELETE", one(id), options)).answer;
    },
  };
}

function createAccounts(connection: Connection) {
  return {
    async list(filter: AccountFilter = {}, options: CallOptions = {}): Promise<{ accounts: Account[] }> {
      return await read(connection, "/api/v1/accounts", { ...options, query: filter });
    },
    async get(id: string, options: CallOptions = {}): Promise<{ account: AccountWithLimits }> {
      return await read(connection, path`/api/v1/accounts/${id}`, options);
    },
    /** Its own or, if `isOwn` is false, those of its platform set. */
    async getPostingTimes(id: string, options: CallOptions = {}): Promise<{ postingTimes: AccountPostingTimes }> {
      return await read(connection, path`/api/v1/accounts/${id}/posting-times`, options);
    },
    /** Gives it times of its own; with `null` it follows its platform set. */
    async setPostingTimes(
      id: string,
      times: NewAccountPostingTimes,
      options: WriteOptions = {},
    ): Promise<{ postingTimes: AccountPostingTimes }> {
      const given = { ...options, body: times };
      const at = path`/api/v1/accounts/${id}/posting-times`;
      return (await write<{ postingTimes: AccountPostingTimes }>(connection, "PUT", at, given)).answer;
    },
    /** The caller, the key's permissions, the remaining quotas, the time zone and the current time. */
    async context(options: CallOptions = {}): Promise<AccountContext> {
      return await read(connection, "/api/v1/account-context", options);
    },
  };
}

function createMedia(connection: Connection) {
  const one = (id: string) => path`/api/v1/media/${id}`;
  return {
    /** Sends a file in chunks: whatever fails, uploaded chunks are kept. Posts reference it by the returned `id`. */
    async upload(source: UploadSource, options: UploadOptions = {}): Promise<{ media: Media }> {
      return await upload(connection, source, options);
    },
    /** Lets the server fetch a file from its URL; the response is `pending` until it has been fetched. */
    async create(media: NewMedia, options: WriteOptions = {}): Promise<{ media: Media }> {
      return (await write<{ media: Media }>(connection, "POST", "/api/v1/media", { ...options, body: media })).answer;
    },
    /** A URL to which a program without a key can upload one file, within an hour, by PUT. */
    async uploadUrl(
      upload: { filename?: string | null } = {},
      options: WriteOptions = {},
    ): Promise<{ upload: UploadUrl }> {
      const path = "/api/v1/media/upload-urls";
      return (await write<{ upload: UploadUrl }>(connection, "POST", path, { ...options, body: upload })).answer;
    },
    async list(filter: MediaFilter = {}, options: CallOptions = {}): Promise<{ media: Media[]; total: number }> {
      return await read(connection, "/api/v1/media", { ...options, query: filter });
    },
    /** All matches, newest first, fetched page by page as needed. */
    iterate(
      { limit, ...filter }: Omit<MediaFilter, "offset"> = {},
      options: CallOptions = {},
    ): AsyncGenerator<Media, void> {
      return everyItem(
        async (page) =>
          (await read<{ media: Media[] }>(connection, "/api/v1/media", { ...options, query: { ...filter, ...page } }))
            .media,
        limit,
      );
    },
    async get(id: string, options: CallOptions = {}): Promise<MediaAnswer> {
      return withEtag(await call<{ media: Media }>(connection, { ...options, method: "GET", path: one(id) }));
    },
    /** With `ifMatch`, the `etag` of a response, it fails if someone else has changed it first. */
    async update(
      id: string,
      changes: MediaChanges,
      options: WriteOptions & { ifMatch?: string } = {},
    ): Promise<MediaAnswer> {
      return withEtag(await write<{ media: Media }>(connection, "PATCH", one(id), { ...options, body: changes }));
    },
    /** The newest posts that use it, and how many do. */
    async posts(
      id: string,
      { limit }: { limit?: number } = {},
      options: CallOptions = {},
    ): Promise<{ posts: PostSummary[]; total: number }> {
      return await read(connection, `${one(id)}/posts`, { ...options, query: { limit } });
    },
    /** Creates a media object with part of an image, in pixels of the upright image. */
    async crop(id: string, area: Crop, options: WriteOptions = {}): Promise<{ media: Media }> {
      return (await write<{ media: Media }>(connection, "POST", `${one(id)}/crop`, { ...options, body: area })).answer;
    },
    async delete(id: string, options: WriteOptions = {}): Promise<{ success: true }> {
      return (await write<{ success: true }>(connection, "DELETE", one(id), options)).answer;
    },
  };
}

function createPlatforms(connection: Connection) {
  return {
    /** What each platform accepts, as data and in sentences. */
    async list(options: CallOptions = {}): Promise<{ platforms: PlatformDescription[] }> {
      return await read(connection, "/api/v1/platforms", options);
    },
    async get(platform: Platform, options: CallOptions = {}): Promise<{ platform: PlatformDescription }> {
      return await read(connection, path`/api/v1/platforms/${platform}`, options);
    },
  };
}

function createApps(connection: Connection) {
  const one = (platform: Platform) => path`/api/v1/oauth-apps/${platform}`;
  return {
    /** The user's own OAuth apps. Requires a key with the policy `oauthApps`, like the others. */
    async list(options: CallOptions = {}): Promise<{ apps: OwnApp[] }> {
      return await read(connection, "/api/v1/oauth-apps", options);
    },
    async save(platform: Platform, app: NewOwnApp, options: WriteOptions = {}): Promise<{ app: OwnApp }> {
      return (await write<{ app: OwnApp }>(connection, "PUT", one(platform), { ...options, body: app })).answer;
    },
    async delete(platform: Platform, options: WriteOptions = {}): Promise<{ success: true }> {
      return (await write<{ success: true }>(connection, "DELETE", one(platform), options)).answer;
    },
  };
}

function createConnectLinks(connection: Connection) {
  const one = (id: string) => path`/api/v1/connect-links/${id}`;
  return {
    /** A single-use link with which someone without a login connects an account. Only this response has its `url`. */
    async create(link: NewConnectLink, options: WriteOptions = {}): Promise<{ connectLink: ConnectLink }> {
      return (
        await write<{ connectLink: ConnectLink }>(connection, "POST", "/api/v1/connect-links", {
          ...options,
          body: link,
        })
      ).answer;
    },
    async list(
      filter: ConnectLinkFilter = {},
      options: CallOptions = {},
    ): Promise<{ connectLinks: ConnectLink[]; total: number }> {
      return await read(connection, "/api/v1/connect-links", { ...options, query: filter });
    },
    /** All matches, newest first, fetched page by page as needed. */
    iterate(
      { limit, ...filter }: Omit<ConnectLinkFilter, "offset"> = {},
      options: CallOptions = {},
    ): AsyncGenerator<ConnectLink, void> {
      return everyItem(
        async (page) =>
          (
            await read<{ connectLinks: ConnectLink[] }>(connection, "/api/v1/connect-links", {
              ...options,
              query: { ...filter, ...page },
            })
          ).connectLinks,
        limit,
      );
    },
    async get(id: string, options: CallOptions = {}): Promise<{ connectLink: ConnectLink }> {
      return await read(connection, one(id), options);
    },
    /** Revokes a link that has not been used. */
    async revoke(id: string, options: WriteOptions = {}): Promise<{ connectLink: ConnectLink }> {
      return (await write<{ connectLink: ConnectLink }>(connection, "DELETE", one(id), options)).answer;
    },
  };
}

function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
}
