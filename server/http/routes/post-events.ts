import { Readable } from "node:stream";

import type { FastifyInstance } from "fastify";

import { parseInput } from "../../../contract/forms/parse.ts";
import { postsEvents, type Post } from "../../../contract/operations/posts.ts";
import { authenticate } from "../../calls/authenticate.ts";
import { type BindOptions, rethrowReported, withoutTenant } from "../../calls/bind.ts";
import { sendUnlimited } from "../../calls/call-meter.ts";
import type { PostAnswer } from "../../calls/read-changes.ts";
import { getPost } from "../../domain/posts/get-post.ts";
import type { Services } from "../../domain/services.ts";
import { createFollowed } from "./follow-post.ts";

/** How often the post is read without a change notification. */
const LOOK_MILLISECONDS = 5_000;
const HEARTBEAT_MILLISECONDS = 15_000;
/** A post may wait for weeks: to follow it longer than this, clients open the stream again. */
const LONGEST_MILLISECONDS = 15 * 60_000;

/** The route by which a caller follows a post until it is settled. */
export function addPostEvents(app: FastifyInstance, services: Services, options: BindOptions): void {
  const followed = createFollowed(services.listener, LOOK_MILLISECONDS);
  app.get(postsEvents.path, { compress: false }, async (request, reply) => {
    sendUnlimited(reply);
    try {
      const caller = await authenticate(services, postsEvents, request);
      options.requestLog.begin(request, caller, postsEvents);
      await options.calls.count(reply, caller, postsEvents.rateClass);
      const { params } = parseInput(postsEvents, {
        params: request.params,
        query: withoutTenant(caller, request.query),
        body: undefined,
      });
      const read = () => getPost(services, caller, params.id);
      const first = await read();
      const over = new AbortController();
      const release = options.streams.hold(
        { ...caller, credential: request.headers.authorization },
        () => authenticate(services, postsEvents, request),
        () => over.abort(),
      );
      reply.raw.once("close", () => {
        release();
        over.abort();
      });
      const ended = AbortSignal.any([
        options.stopping,
        over.signal,
        AbortSignal.timeout(options.longestStreamMilliseconds ?? LONGEST_MILLISECONDS),
      ]);
      const answers = followed.follow(`${caller.userId} ${caller.mode} ${params.id}`, read, first, ended);
      // Nothing comes after the stream, and a connection that is kept would keep a server that stops from ending.
      return await reply
        .type("text/event-stream; charset=utf-8")
        .header("connection", "close")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .send(Readable.from(tell(answers), { objectMode: false }));
    } catch (error) {
      return rethrowReported(postsEvents, error, options);
    }
  });
}

async function* tell(answers: AsyncIterable<PostAnswer>): AsyncGenerator<string> {
  let saidAt = performance.now();
  let rethrowReported = "";
  for await (const { body, post } of answers) {
    const { etag } = post ?? { etag: "" };
    if (etag !== rethrowReported) {
      rethrowReported = etag;
      saidAt = performance.now();
      yield `event: post\nid: ${etag}\ndata: ${JSON.stringify(body)}\n\n`;
    } else if (performance.now() - saidAt >= HEARTBEAT_MILLISECONDS) {
      saidAt = performance.now();
      yield ": still here\n\n";
    }
    if (isSettled(body.post)) return;
  }
}

function isSettled({ status }: Post): boolean {
  return status === "published" || status === "partial" || status === "failed" || status === "discarded";
}
