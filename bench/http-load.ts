import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { Pool } from "undici";
import { z } from "zod";

import { summarize } from "./numbers.ts";

const LoadPlan = z.object({
  /** The connections are distributed over them in turn. */
  origins: z.array(z.string()).min(1),
  /** Sent in turn, repeatedly. */
  requests: z
    .array(
      z.object({
        method: z.enum(["GET", "POST"]),
        path: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string().optional(),
      }),
    )
    .min(1),
  connections: z.int(),
  /** Each request is sent with an Idempotency-Key of its own. */
  keyed: z.boolean().default(false),
  /** Requests are due at this rate, and count from then on; otherwise each follows the response before it. */
  perSecond: z.number().optional(),
  /** The duration, or the total number. */
  until: z.union([z.object({ seconds: z.number() }), z.object({ count: z.int() })]),
});
export type LoadPlan = z.input<typeof LoadPlan>;

export const LoadResult = z.object({
  count: z.int(),
  perSecond: z.number(),
  p50: z.number(),
  p99: z.number(),
  max: z.number(),
  /** The unsuccessful responses: their number, and the first one. */
  refused: z.int(),
  firstRefusal: z.string().nullable(),
  /** The processor time that it took itself. */
  processorMilliseconds: z.number(),
});
export type LoadResult = z.output<typeof LoadResult>;

/** Every connection sends its next request as soon as it has received the last response and the request is due. */
export async function load(unread: unknown): Promise<LoadResult> {
  const plan = LoadPlan.parse(unread);
  const pools = plan.origins.map(
    (origin) => new Pool(origin, { connections: Math.ceil(plan.connections / plan.origins.length), pipelining: 1 }),
  );
  const milliseconds: number[] = [];
  let refused = 0;
  let firstRefusal: string | null = null;
  let sent = 0;
  const begin = performance.now();
  const processor = process.cpuUsage();
  const isOver = () =>
    "count" in plan.until ? sent >= plan.until.count : performance.now() - begin > plan.until.seconds * 1000;
  await Promise.all(
    Array.from({ length: plan.connections }, async (_, connection) => {
      const pool = pools[connection % pools.length];
      while (!isOver()) {
        const place = sent++;
        const request = plan.requests[place % plan.requests.length];
        if (request === undefined || pool === undefined) return;
        const dueAt = plan.perSecond === undefined ? 0 : begin + (place * 1000) / plan.perSecond;
        if (dueAt > performance.now()) await sleep(dueAt - performance.now());
        const start = plan.perSecond === undefined ? performance.now() : dueAt;
        const headers = plan.keyed ? { ...request.headers, "idempotency-key": randomUUID() } : request.headers;
        const answer = await pool.request({ ...request, headers });
        const text = await answer.body.text();
        milliseconds.push(performance.now() - start);
        if (answer.statusCode >= 200 && answer.statusCode <= 299) continue;
        refused += 1;
        firstRefusal ??= `${answer.statusCode} ${text.slice(0, 500)}`;
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(processor);
  await Promise.all(pools.map((pool) => pool.destroy()));
  const { count, p50, p99, max } = summarize(milliseconds);
  const processorMilliseconds = (user + system) / 1000;
  return { count, perSecond: count / seconds, p50, p99, max, refused, firstRefusal, processorMilliseconds };
}
