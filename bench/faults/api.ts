import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import type { Draft } from "./contents.ts";
import type { Person, Subject } from "./world.ts";

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface CallOptions {
  body?: unknown;
  idempotencyKey?: string;
  /** Which API process receives the request. */
  number?: number;
  /** How many seconds the response may wait for the post to be settled. */
  waitSeconds?: number;
}

const platformPost = z.object({
  id: z.string(),
  platform: z.enum(PLATFORM_NAMES),
  status: z.string(),
  platformPostId: z.string().nullable(),
  publishedUrl: z.string().nullable(),
  attemptCount: z.number(),
  nextAttemptAt: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

const post = z.object({ id: z.string(), status: z.string(), platformPosts: z.array(platformPost).min(1) });

export type SeenPost = z.output<typeof post>;

/** The API as seen by a client. */
export interface Api {
  /** Rejects if there was no complete response. */
  call(person: Person, method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Retries until there is a response, like a client with an idempotency key: every failure is retried. */
  insist(person: Person, method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Creates a post. */
  create(person: Person, draft: Draft, options?: CallOptions): Promise<Subject>;
  publish(subject: Subject): Promise<Answer>;
  read(subject: Subject): Promise<SeenPost>;
  /** Returns the media ID. */
  upload(person: Person, form: FormData): Promise<string>;
}

/** A limit that takes longer than this to end is the answer. */
const LONGEST_WAIT_SECONDS = 60;

export function createApi(urls: readonly string[]): Api {
  const api: Api = {
    async call(person, method, path, { body, idempotencyKey, number = 0, waitSeconds } = {}) {
      const isForm = body instanceof FormData;
      const request = {
        method,
        headers: {
          authorization: `Bearer ${person.key}`,
          ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
          ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
          ...(waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }),
        },
        body: body === undefined ? undefined : isForm ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      };
      for (;;) {
        const response = await fetch(`${urls[number] ?? ""}${path}`, request);
        const answer = { status: response.status, headers: response.headers, body: await response.json() };
        if (!hadNoTurn(answer)) return answer;
        await sleep(1000 * Number(answer.headers.get("retry-after") ?? 1));
      }
    },
    async insist(person, method, path, options = {}) {
      for (let tries = 0; ; tries += 1) {
        const number = ((options.number ?? 0) + tries) % urls.length;
        const answer = await api.call(person, method, path, { ...options, number }).catch(() => null);
        const waitSeconds = answer?.status === 429 ? Number(answer.headers.get("retry-after") ?? 1) : 0.1;
        const isLimited = answer?.status === 429 && waitSeconds <= LONGEST_WAIT_SECONDS;
        if (answer !== null && answer.status < 500 && !isLimited && !isUnderWay(answer)) return answer;
        if (tries > 600) throw new Error(`${method} ${path} was not answered: ${JSON.stringify(answer?.body)}`);
        await sleep(1000 * waitSeconds);
      }
    },
    async create(person, draft, options) {
      const answer = await api.call(person, "POST", "/api/v1/posts", { ...options, body: draft.body });
      return subjectOf(person, draft.parts, answer);
    },
    publish: ({ person, postId }) => api.call(person, "POST", `/api/v1/posts/${postId}/publish`),
    async read({ person, postId }) {
      return postIn(await api.insist(person, "GET", `/api/v1/posts/${postId}`));
    },
    async upload(person, form) {
      const { status, body } = await api.insist(person, "POST", "/api/v1/media", {
        body: form,
        idempotencyKey: randomUUID(),
      });
      if (status !== 201) throw new Error(`An upload was refused: ${JSON.stringify(body)}`);
      return z.object({ media: z.object({ id: z.string() }) }).parse(body).media.id;
    },
  };
  return api;
}

export function postIn({ status, body }: Answer): SeenPost {
  if (status >= 400) throw new Error(`The API refused: ${status} ${JSON.stringify(body)}`);
  return z.object({ post }).parse(body).post;
}

export function subjectOf(person: Person, parts: string[], answer: Answer): Subject {
  const { id, platformPosts } = postIn(answer);
  const [platformPost] = platformPosts;
  if (platformPost === undefined) throw new Error(`${id} has no platform post`);
  const { platform } = platformPost;
  return {
    person,
    postId: id,
    platformPostId: platformPost.id,
    platform,
    platformAccountId: person.platformAccountIds[platform] ?? "",
    parts,
  };
}

/** Nothing was done for it, because the machine is too busy. */
function hadNoTurn({ status, body }: Answer): boolean {
  const refusal = z.object({ issues: z.tuple([z.object({ rule: z.literal("request.turn") })]) });
  return status === 503 && refusal.safeParse(body).success;
}

function isUnderWay({ status, body }: Answer): boolean {
  return status === 409 && z.object({ code: z.literal("IDEMPOTENCY_IN_PROGRESS") }).safeParse(body).success;
}
