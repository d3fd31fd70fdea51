import { Readable } from "node:stream";

import type { FastifyInstance } from "fastify";

import { parseInput } from "../../contract/parse.ts";
import { postsEvents, type Post } from "../../contract/posts.ts";
import { CHANNELS } from "../db/listen.ts";
import type { Answer } from "../domain/caller.ts";
import { getPost } from "../domain/posts/get-post.ts";
import type { Services } from "../domain/services.ts";
import { authenticate } from "./authenticate.ts";
import { type BindOptions, told } from "./bind.ts";
import { sendRateLimit } from "./rate-limit-headers.ts";

/** A message of a change may be lost, so the post is also looked at this often. */
const LOOK_MILLISECONDS = 5_000;
const HEARTBEAT_MILLISECONDS = 15_000;

/** The route by which a caller follows a post until it is settled. */
export function addPostEvents(app: FastifyInstance, services: Services, options: BindOptions): void {
  app.get(postsEvents.path, { compress: false }, async (request, reply) => {
    sendRateLimit(reply);
    try {
      const caller = await authenticate(services, postsEvents, request);
      const { params } = parseInput(postsEvents, { params: request.params, query: request.query, body: undefined });
      const read = () => getPost(services, caller, params.id);
      const first = await read();
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const events = follow(services, read, first, AbortSignal.any([options.stopping, gone.signal]));
      return await reply.type("text/event-stream; charset=utf-8").header("cache-control", "no-store").header("x-accel-buffering", "no").send(Readable.from(events, { objectMode: false }));
    } catch (error) {
      return told(postsEvents, error, options);
    }
  });
}

async function* follow({ listener }: Pick<Services, "listener">, read: () => Promise<Answer<{ post: Post }>>, first: Answer<{ post: Post }>, ended: AbortSignal): AsyncGenerator<string> {
  const { id } = first.body.post;
  let wake: () => void = () => undefined;
  let changed = true;
  const stopListening = listener.on(CHANNELS.post, (payload) => {
    if (payload !== id) return;
    changed = true;
    wake();
  });
  ended.addEventListener("abort", () => wake(), { once: true });
  let saidAt = performance.now();
  let told = "";
  try {
    for (let answer = first; ; answer = await read()) {
      const { etag } = answer.post ?? { etag: "" };
      if (etag !== told) {
        told = etag;
        saidAt = performance.now();
        yield `event: post\nid: ${etag}\ndata: ${JSON.stringify(answer.body)}\n\n`;
      } else if (performance.now() - saidAt >= HEARTBEAT_MILLISECONDS) {
        saidAt = performance.now();
        yield ": still here\n\n";
      }
      if (isSettled(answer.body.post)) return;
      if (!changed && !ended.aborted) await new Promise<void>((resolve) => endPause((wake = resolve), LOOK_MILLISECONDS));
      changed = false;
      if (ended.aborted) return;
    }
  } finally {
    stopListening();
  }
}

/** A timer that nobody waits for any more does not keep the process alive. */
function endPause(wake: () => void, milliseconds: number): void {
  setTimeout(wake, milliseconds).unref();
}

function isSettled({ status }: Post): boolean {
  return status === "published" || status === "partial" || status === "failed" || status === "discarded";
}
