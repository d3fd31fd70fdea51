import { type CallOptions, type Connection, everyItem, path, read, write, type WriteOptions } from "./call.ts";
import { createPosts } from "./posts.ts";
import type {
  Account,
  AccountContext,
  AccountFilter,
  ConnectLink,
  ConnectLinkFilter,
  Media,
  MediaFilter,
  NewConnectLink,
  NewMedia,
  Platform,
  PlatformDescription,
  PlatformSet,
} from "./types.ts";
import { upload, type UploadOptions, type UploadSource } from "./upload.ts";
import { createWebhooks } from "./webhooks.ts";

export interface ClientOptions {
  /** `amp_live_…`, or `amp_test_…` for the sandbox. */
  apiKey: string;
  /** Where the API is: https://api.ampost.io where it is left out. */
  baseUrl?: string;
  /** What requests are made with: the global `fetch` where it is left out. */
  fetch?: typeof fetch;
  /** How often a call that may be repeated is tried again: 3 times where it is left out. */
  retries?: number;
  /** How long one try may take: 60 seconds where it is left out. */
  timeoutSeconds?: number;
  /** From 0 up to 1: scatters the pauses between tries. */
  random?(): number;
  /** Waits between tries; ends early, by rejecting, when the signal says so. */
  pause?(seconds: number, signal?: AbortSignal): Promise<void>;
}

export type Client = ReturnType<typeof createClient>;

/**
 * A client of the API. Answers are those of the API, member for member. Every write carries an Idempotency-Key, so
 * calls are tried again after failures that pass without anything being done twice. What is refused, or fails for good,
 * rejects with an AmpostError.
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
    platformSets: createPlatformSets(connection),
    accounts: createAccounts(connection),
    media: createMedia(connection),
    platforms: createPlatforms(connection),
    connectLinks: createConnectLinks(connection),
    webhooks: createWebhooks(connection),
  };
}

/** A week: what timers of every runtime can measure. */
const LONGEST_TIMEOUT_SECONDS = 604_800;

/**
 * The address without a slash at the end. One that no request could be made with is told at once, not when the first
 * has failed.
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
    /** Its accounts are disconnected and its scheduled posts fail; drafts stay drafts. */
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
    async get(id: string, options: CallOptions = {}): Promise<{ account: Account }> {
      return await read(connection, path`/api/v1/accounts/${id}`, options);
    },
    /** Who calls, what the key may do and what is left of the quotas, in which time zone, and what time it is. */
    async context(options: CallOptions = {}): Promise<AccountContext> {
      return await read(connection, "/api/v1/account-context", options);
    },
  };
}

function createMedia(connection: Connection) {
  const one = (id: string) => path`/api/v1/media/${id}`;
  return {
    /** Sends a file, in pieces: what has arrived stays, whatever breaks. Posts name it by the `id` of the answer. */
    async upload(source: UploadSource, options: UploadOptions = {}): Promise<{ media: Media }> {
      return await upload(connection, source, options);
    },
    /** Has the server fetch a file from its URL; the answer is `pending` until it is there. */
    async create(media: NewMedia, options: WriteOptions = {}): Promise<{ media: Media }> {
      return (await write<{ media: Media }>(connection, "POST", "/api/v1/media", { ...options, body: media })).answer;
    },
    async list(filter: MediaFilter = {}, options: CallOptions = {}): Promise<{ media: Media[]; total: number }> {
      return await read(connection, "/api/v1/media", { ...options, query: filter });
    },
    /** All that match, newest first, fetched page by page as they are asked for. */
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
    async get(id: string, options: CallOptions = {}): Promise<{ media: Media }> {
      return await read(connection, one(id), options);
    },
    async delete(id: string, options: WriteOptions = {}): Promise<{ success: true }> {
      return (await write<{ success: true }>(connection, "DELETE", one(id), options)).answer;
    },
  };
}

function createPlatforms(connection: Connection) {
  return {
    /** What each platform takes, as data and in sentences. */
    async list(options: CallOptions = {}): Promise<{ platforms: PlatformDescription[] }> {
      return await read(connection, "/api/v1/platforms", options);
    },
    async get(platform: Platform, options: CallOptions = {}): Promise<{ platform: PlatformDescription }> {
      return await read(connection, path`/api/v1/platforms/${platform}`, options);
    },
  };
}

function createConnectLinks(connection: Connection) {
  const one = (id: string) => path`/api/v1/connect-links/${id}`;
  return {
    /** A link by which somebody without a login connects an account, once. Only this answer has its `url`. */
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
    /** All that match, newest first, fetched page by page as they are asked for. */
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
    /** Ends a link that has not been used. */
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
