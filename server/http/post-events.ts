import { Readable } from "node:stream";

import type { FastifyInstance } from "fastify";

import { parseInput } from "../../contract/parse.ts";
import { postsEvents, type Post } from "../../contract/posts.ts";
import { getPost } from "../domain/posts/get-post.ts";
import type { Services } from "../domain/services.ts";
import { authenticate } from "./authenticate.ts";
import { type BindOptions, told } from "./bind.ts";
import { sendRateLimit } from "./rate-limit-headers.ts";
import { type PostAnswer, readChanges } from "./read-changes.ts";

/** How often the post is looked at without a message that it has changed. */
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
      const answers = readChanges(services.listener, read, first, { everyMilliseconds: LOOK_MILLISECONDS, ended: AbortSignal.any([options.stopping, gone.signal]) });
      // Nothing comes after the stream, and a connection that is kept would keep a server that stops from ending.
      return await reply.type("text/event-stream; charset=utf-8").header("connection", "close").header("cache-control", "no-store").header("x-accel-buffering", "no").send(Readable.from(tell(answers), { objectMode: false }));
    } catch (error) {
      return told(postsEvents, error, options);
    }
  });
}

async function* tell(answers: AsyncIterable<PostAnswer>): AsyncGenerator<string> {
  let saidAt = performance.now();
  let told = "";
  for await (const { body, post } of answers) {
    const { etag } = post ?? { etag: "" };
    if (etag !== told) {
      told = etag;
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
