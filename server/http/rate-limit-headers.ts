import type { FastifyReply } from "fastify";

const UNLIMITED = "2147483647";

/** Nothing limits a self-hosted instance; the headers are sent all the same, with the end of the minute as reset. */
export function sendRateLimit(reply: FastifyReply): void {
  const resetSeconds = (Math.floor(Date.now() / 60_000) + 1) * 60;
  reply.header("x-ratelimit-limit", UNLIMITED).header("x-ratelimit-remaining", UNLIMITED).header("x-ratelimit-reset", String(resetSeconds));
}
