import { z } from "zod";

import type { PostAttempt } from "../../../contract/operations/post-attempts.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findPost } from "../../db/queries/posts.ts";
import { listPublishSteps, type PublishStepRow } from "../../db/queries/publish-steps.ts";
import type { Answer } from "../call.ts";
import type { Services } from "../services.ts";
import { postNotFound } from "./get-post.ts";

/** The steps taken to publish a post, oldest first. The journal contains no secrets. Throws POST_NOT_FOUND. */
export async function listAttempts(
  services: Pick<Services, "pool">,
  caller: Tenant,
  postId: string,
): Promise<Answer<{ attempts: PostAttempt[] }>> {
  const values = [postId, caller.userId, caller.mode] as const;
  const rows = await listPublishSteps.all(services.pool, values);
  if (rows.length === 0 && (await findPost.one(services.pool, values)) === undefined) throw postNotFound();
  return { body: { attempts: rows.map(toAttempt) } };
}

const VERDICTS = { ok: "done", definite_failure: "failed", unknown: "unknown" } as const;

function toAttempt(row: PublishStepRow): PostAttempt {
  const { exchanges, readBack, reads, repeatOf, reason, lastReason } = evidence.parse(row.evidence);
  const requests = exchanges.map(toRequest);
  return {
    id: row.id,
    platformPostId: row.platform_post_id,
    platform: row.platform,
    attempt: row.attempt,
    step: row.step,
    effect: row.effect,
    verdict: row.result === null ? (row.is_left_unknown ? "unknown" : "open") : VERDICTS[row.result],
    remoteId: row.remote_id,
    repeatOf,
    reason: reason ?? lastReason,
    // A non-visible step is recorded when it is done: it started with its first request.
    startedAt:
      row.effect === "visible" ? row.intent_at.toISOString() : (requests[0]?.startedAt ?? row.intent_at.toISOString()),
    endedAt: row.result_at?.toISOString() ?? null,
    requests,
    readBacks: reads,
    readBackRequests: readBack.exchanges.map(toRequest),
  };
}

/** As the engine stores an `HttpExchange`. */
const exchange = z.object({
  method: z.string(),
  url: z.string(),
  startedAt: z.string(),
  durationMilliseconds: z.number(),
  requestExcerpt: z.string().nullable().default(null),
  status: z.int().nullable(),
  answerExcerpt: z.string().nullable().default(null),
  failure: z.string().nullable().default(null),
  sent: z.boolean().default(true),
});

const exchanges = z.array(exchange).default([]);
const evidence = z.object({
  exchanges,
  readBack: z.object({ exchanges }).prefault({}),
  reads: z.int().default(0),
  repeatOf: z.string().nullable().default(null),
  reason: z.string().nullable().default(null),
  lastReason: z.string().nullable().default(null),
});

function toRequest(seen: z.output<typeof exchange>): PostAttempt["requests"][number] {
  return {
    method: seen.method,
    url: seen.url,
    startedAt: seen.startedAt,
    durationMilliseconds: seen.durationMilliseconds,
    request: seen.requestExcerpt,
    status: seen.status,
    answer: seen.answerExcerpt,
    failure: seen.failure,
    reached: seen.sent,
  };
}
