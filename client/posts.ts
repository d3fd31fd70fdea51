import { call, type CallOptions, type Connection, path, read, withEtag, write, type WriteOptions } from "./call.ts";
import { followPost } from "./post-events.ts";
import type {
  CancelledInBatch,
  CreatedInBatch,
  Issue,
  NewPost,
  Post,
  PostsToCancel,
  PostAttempt,
  PostChanges,
  PostFee,
  PostFilter,
  PostLimit,
  PostSummary,
  Resolution,
  Retry,
} from "./types.ts";

/** A post, with the ETag that makes an update conditional on no one else having changed it. */
export interface PostAnswer {
  post: Post;
  etag: string | null;
}

export interface PostWithWarnings extends PostAnswer {
  /** Problems worth knowing that do not reject the post. */
  warnings: Issue[];
  /** What platforms charge the app's owner for publishing the post. */
  fees: PostFee[];
}

export interface PostValidation {
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
export interface CreatedPosts {
  /** In the order of the request. */
  results: CreatedInBatch[];
  created: number;
  failed: number;
}

export interface CancelledPosts {
  /** In the order of the request. */
  results: CancelledInBatch[];
  cancelled: number;
  failed: number;
}

export interface PostPage {
  posts: PostSummary[];
  /** How many posts match the filter. */
  total: number;
  /** Pass it as `cursor` to get the next page; null on the last page. */
  nextCursor: string | null;
}

export interface Wait {
  /** Wait until every platform post is settled, or this many seconds, at most 60. Default: respond immediately. */
  waitSeconds?: number;
}

export interface WaitOptions extends WriteOptions, Wait {}

export function createPosts(connection: Connection) {
  const one = (id: string) => path`/api/v1/posts/${id}`;
  const publishing = (id: string, verb: "publish" | "retry", body: object, { waitSeconds, ...options }: WaitOptions) =>
    write<{ post: Post }>(connection, "POST", `${one(id)}/${verb}`, {
      ...options,
      body,
      ...waiting(waitSeconds),
    });
  const waiting = (waitSeconds?: number) =>
    waitSeconds === undefined
      ? {}
      : {
          headers: { prefer: `wait=${Math.ceil(waitSeconds)}` },
          timeoutSeconds: connection.timeoutSeconds + waitSeconds,
        };

  return {
    /**
     * Creates a draft, or a scheduled post if `scheduledFor` is given. A file whose name equals the `filename` of a
     * media entry supplies that entry's bytes; any other file is appended.
     */
    async create(
      post: NewPost,
      { files = [], ...options }: WriteOptions & { files?: readonly File[] } = {},
    ): Promise<PostWithWarnings> {
      const body = files.length === 0 ? post : formOf(post, files);
      return withEtag(
        await write<Omit<PostWithWarnings, "etag">>(connection, "POST", "/api/v1/posts", { ...options, body }),
      );
    },

    /**
     * Creates up to 50 posts, each once for its key, or with `dryRun` only validates them. Some or all may fail: read
     * each `error`.
     */
    async createMany(
      { posts, dryRun }: { posts: readonly (NewPost & { idempotencyKey: string })[]; dryRun?: boolean },
      options: CallOptions = {},
    ): Promise<CreatedPosts> {
      const body = { posts, ...(dryRun !== undefined && { dryRun }) };
      return (await call<CreatedPosts>(connection, { ...options, method: "POST", path: BATCH, body })).answer;
    },

    /** Every issue and warning that creating this post would cause, without storing anything. */
    async validate(post: NewPost, options: CallOptions = {}): Promise<PostValidation> {
      return (
        await call<PostValidation>(connection, {
          ...options,
          method: "POST",
          path: "/api/v1/posts/validate",
          body: post,
        })
      ).answer;
    },

    /** One page of posts, newest first. */
    async list(filter: PostFilter = {}, options: CallOptions = {}): Promise<PostPage> {
      return await read<PostPage>(connection, "/api/v1/posts", { ...options, query: filter });
    },

    /** All matching posts, newest first, fetched page by page as needed. */
    async *iterate(
      filter: Omit<PostFilter, "cursor" | "offset"> = {},
      options: CallOptions = {},
    ): AsyncGenerator<PostSummary, void> {
      let cursor: string | null = null;
      do {
        const page: PostPage = await read<PostPage>(connection, "/api/v1/posts", {
          ...options,
          query: { limit: 100, ...filter, cursor },
        });
        yield* page.posts;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },

    /** With `waitSeconds`, it also waits while a person has neither approved nor discarded a post that needs approval. */
    async get(id: string, { waitSeconds, ...options }: CallOptions & Wait = {}): Promise<PostAnswer> {
      return withEtag(
        await call<{ post: Post }>(connection, {
          ...options,
          ...waiting(waitSeconds),
          method: "GET",
          path: one(id),
        }),
      );
    },

    /**
     * Changes a draft or scheduled post. With `ifMatch`, the `etag` of a response, it fails if someone else has
     * changed it first.
     */
    async update(
      id: string,
      changes: PostChanges,
      options: WriteOptions & { ifMatch?: string } = {},
    ): Promise<PostWithWarnings> {
      return withEtag(
        await write<Omit<PostWithWarnings, "etag">>(connection, "PATCH", one(id), {
          ...options,
          body: changes,
        }),
      );
    },

    /** Starts publishing now. */
    async publish(id: string, options: WaitOptions = {}): Promise<PostAnswer> {
      return withEtag(await publishing(id, "publish", {}, options));
    },

    /** Publishes failed platform posts again. An `unknown` one may be live: it is resent only if named with `force`. */
    async retry(id: string, what: Retry = {}, options: WaitOptions = {}): Promise<PostAnswer> {
      return withEtag(await publishing(id, "retry", what, options));
    },

    /** Reports whether an `unknown` platform post is live, and its link. */
    async resolve(id: string, found: Resolution, options: WriteOptions = {}): Promise<PostAnswer> {
      return withEtag(
        await write<{ post: Post }>(connection, "POST", `${one(id)}/resolve`, { ...options, body: found }),
      );
    },

    /** Discards what has not been published. */
    async cancel(id: string, options: WriteOptions = {}): Promise<PostAnswer> {
      return withEtag(await write<{ post: Post }>(connection, "POST", `${one(id)}/cancel`, { ...options, body: {} }));
    },

    /** Discards up to 50 posts. Some or all may fail: read each `error`. */
    async cancelMany(body: PostsToCancel, options: CallOptions = {}): Promise<CancelledPosts> {
      const path = `${BATCH}/cancel`;
      return (await call<CancelledPosts>(connection, { ...options, method: "POST", path, body })).answer;
    },

    /** The same as cancel. */
    async delete(id: string, options: WriteOptions = {}): Promise<PostAnswer> {
      return withEtag(await write<{ post: Post }>(connection, "DELETE", one(id), options));
    },

    /** Everything done to publish the post, oldest first, with every request to the platform. */
    async attempts(id: string, options: CallOptions = {}): Promise<{ attempts: PostAttempt[] }> {
      return await read<{ attempts: PostAttempt[] }>(connection, `${one(id)}/attempts`, options);
    },

    /**
     * The post now and after every change, until it is published, partial, failed or discarded. Reconnects
     * automatically.
     */
    events(id: string, options: CallOptions = {}): AsyncGenerator<PostAnswer, void> {
      return followPost(connection, `${one(id)}/events`, options);
    },
  };
}

const BATCH = "/api/v1/posts/batch";

function formOf(post: NewPost, files: readonly File[]): FormData {
  const form = new FormData();
  form.set("data", JSON.stringify(post));
  for (const file of files) form.append("files", file);
  return form;
}
