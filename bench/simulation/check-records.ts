import { z } from "zod";

import { openPayload } from "../../server/domain/webhooks/payload.ts";
import { createVault } from "../../server/vault/vault.ts";
import type { Violation } from "../faults/checker.ts";
import type { Installation } from "./installation.ts";
import type { Post } from "./outcome.ts";
import type { RunResult } from "./run.ts";
import { EPOCH_MS } from "./timeline.ts";

/** What the database says of itself: its states, events, deliveries, proofs, claims and tokens. */
export async function records(
  ran: RunResult,
  { stage, vaultKey }: Pick<Installation, "stage" | "vaultKey">,
  posts: readonly Post[],
): Promise<Violation[]> {
  return [
    ...(await changes(ran, stage)),
    ...(await takeovers(ran, stage, posts)),
    ...(await news(stage)),
    ...(await relayed(ran, { stage, vaultKey })),
    ...(await proofs(stage)),
    ...(await tokens(ran, stage)),
  ];
}

/** A running worker that can reach the database keeps what it holds. */
async function takeovers(ran: RunResult, stage: Installation["stage"], posts: readonly Post[]): Promise<Violation[]> {
  const isQuiet = [...ran.struck].every(
    (fault) => fault.at === "request" || fault.at === "row" || (fault.at === "time" && fault.do.what === "outage"),
  );
  if (!isQuiet) return [];
  const isLocked = (id: string): boolean =>
    posts.some(
      ({ row, place }) => row.id === id && [...ran.struck].some((fault) => fault.at === "row" && fault.post === place),
    );
  const { rows } = await stage.pool.query<{ id: string }>("select id from sim.changes where kind = 'takeover'");
  return rows
    .filter(({ id }) => !isLocked(id))
    .map(({ id }) => ({
      kind: "untrue",
      sentence: `platform post ${id} was taken from a worker that was at work on it`,
    }));
}

/** The allowed transitions, written separately from the product's own table. */
const FORWARD: Record<string, Record<string, readonly string[]>> = {
  posts: {
    draft: ["scheduled", "queued", "discarded"],
    scheduled: ["draft", "queued", "posting", "published", "failed", "discarded"],
    queued: ["posting", "published", "partial", "failed", "discarded"],
    posting: ["published", "partial", "failed", "discarded"],
    partial: ["published", "discarded", "queued", "posting"],
    failed: ["published", "partial", "discarded", "queued", "posting"],
  },
  platform_posts: {
    pending: ["queued", "posting", "published", "failed", "unknown", "discarded"],
    queued: ["posting", "published", "failed", "unknown", "discarded"],
    posting: ["published", "failed", "unknown", "discarded"],
    unknown: ["published", "failed", "queued"],
    failed: ["discarded", "queued"],
    discarded: [],
  },
};

async function changes({ acted }: RunResult, stage: Installation["stage"]): Promise<Violation[]> {
  const { rows } = await stage.pool.query<{ kind: string; id: string; was: string; becomes: string }>(
    "select kind, id, was, becomes from sim.changes where kind <> 'takeover' order by seq",
  );
  const retries = acted.some(({ act, outcome }) => (act === "retry" || act === "force") && outcome !== "refused");
  const isAllowed = (kind: string, was: string, becomes: string): boolean => {
    if (
      !retries &&
      (was === "failed" || was === "unknown" || was === "partial") &&
      (becomes === "queued" || becomes === "posting")
    )
      return false;
    return (FORWARD[kind]?.[was] ?? []).includes(becomes);
  };
  return rows
    .filter(({ kind, was, becomes }) => !isAllowed(kind, was, becomes))
    .map(({ kind, id, was, becomes }) => ({
      kind: "backwards",
      sentence: `${kind} ${id} went from ${was} to ${becomes}`,
    }));
}

/** Events are sent in chronological order, each once, and the last one matches the state. */
async function news(stage: Installation["stage"]): Promise<Violation[]> {
  const { rows: announced } = await stage.pool.query<{ id: string; times: number }>(
    `select platform_post_id as id, count(*)::integer as times from outbox where type = 'platform_post.published'
     group by 1 having count(*) > 1`,
  );
  const { rows: open } = await stage.pool.query<{ id: string; status: string }>(
    `select pp.id, pp.status from platform_posts pp join publish_steps s on s.platform_post_id = pp.id
     where pp.status in ('published', 'failed') and s.effect = 'visible' and s.result is null`,
  );
  const { rows: last } = await stage.pool.query<{ id: string; status: string; type: string }>(
    `select pp.id, pp.status, o.type from platform_posts pp, lateral (
       select type from outbox o where o.platform_post_id = pp.id
         and o.type in ('platform_post.published', 'platform_post.failed', 'platform_post.unknown')
       order by o.id desc limit 1) o
     where pp.status in ('published', 'failed', 'unknown') and o.type <> 'platform_post.' || pp.status`,
  );
  const { rows: silent } = await stage.pool.query<{ id: string; status: string }>(
    `select id, status from platform_posts pp where status in ('published', 'failed', 'unknown')
       and not exists (select from outbox o where o.platform_post_id = pp.id
         and o.type = 'platform_post.' || pp.status)`,
  );
  const { rows: order } = await stage.pool.query<{ id: string; type: string }>(
    `select o.id, o.type from outbox o where o.type = 'post.publishing' and exists (
       select from outbox b where b.post_id = o.post_id and b.id < o.id and b.type = 'post.published')`,
  );
  const { rows: unordered } = await stage.pool.query<{ id: string }>(
    `select post_id as id from (
       select post_id, post_sequence, row_number() over (partition by post_id order by id) as place
       from outbox where post_sequence is not null) o
     group by 1 having bool_or(post_sequence <> place)`,
  );
  return [
    ...unordered.map(({ id }): Violation => ({
      kind: "backwards",
      sentence: `the sequence of the events of post ${id} has a gap, or does not go forward`,
    })),
    ...announced.map(({ id, times }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} was announced as published ${times} times`,
    })),
    ...open.map(({ id, status }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} is ${status} and has an open commit`,
    })),
    ...last.map(({ id, status, type }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} is ${status}, and the last event about it is ${type}`,
    })),
    ...silent.map(({ id, status }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} is ${status}, and there was no event`,
    })),
    ...order.map(({ id }): Violation => ({
      kind: "backwards",
      sentence: `event ${id} says that publishing begins after it was said to be done`,
    })),
  ];
}

/** Each event is passed on once. Those of the last moments may wait. */
async function relayed({ plan, timeline }: RunResult, { stage, vaultKey }: Pick<Installation, "stage" | "vaultKey">) {
  if (plan.relayEverySeconds === undefined) return [];
  const vault = createVault([vaultKey]);
  const { rows: events } = await stage.pool.query<{ id: string; type: string; at: Date; is_relayed: boolean }>(
    "select id, type, created_at as at, relayed_at is not null as is_relayed from outbox",
  );
  const { rows: deliveries } = await stage.pool.query<{ id: string; payload_sealed: string }>(
    "select id, payload_sealed from webhook_deliveries",
  );
  const times = new Map<string, number>();
  for (const delivery of deliveries) {
    const { sequence } = sequenced.parse(JSON.parse(openPayload(vault, delivery)));
    times.set(String(sequence), (times.get(String(sequence)) ?? 0) + 1);
  }
  const isRecent = (at: Date): boolean => EPOCH_MS + timeline.now() - at.getTime() < LONGEST_RELAY_MS;
  return events.flatMap(({ id, type, at, is_relayed: isRelayed }): Violation[] => {
    const found = times.get(String(id)) ?? 0;
    if (found === 1 || (found === 0 && !isRelayed && isRecent(at))) return [];
    return [
      { kind: found === 0 ? "lost" : "duplicate", sentence: `event ${id}, ${type}, was passed on ${found} times` },
    ];
  });
}

const sequenced = z.object({ sequence: z.number() });
const LONGEST_RELAY_MS = 60_000;

/** Two reads closer together than this are one: a platform may not have caught up yet. */
const READS_APART_SECONDS = 14.9;

async function proofs(stage: Installation["stage"]): Promise<Violation[]> {
  const { rows } = await stage.pool.query<{ id: string; reads: number[] }>(
    `select platform_post_id as id, evidence -> 'negativeReads' as reads from publish_steps
     where effect = 'visible' and jsonb_array_length(evidence -> 'negativeReads') > 1`,
  );
  return rows.flatMap(({ id, reads }): Violation[] => {
    const apart = Math.min(...reads.slice(1).map((seconds, index) => seconds - (reads[index] ?? 0)));
    return apart >= READS_APART_SECONDS
      ? []
      : [{ kind: "untrue", sentence: `two reads of platform post ${id} that count are ${apart.toFixed(1)} s apart` }];
  });
}

/** Platforms that keep their refresh token, such as YouTube, get the same one when access is renewed later. */
const AT_THE_SAME_TIME_MS = 300_000;

/**
 * A refresh token is used once at a time, unless the response was lost; and no one is told to reconnect without a
 * reason. Faults that only strike commits, and repeats, change neither.
 */
async function tokens(ran: RunResult, stage: Installation["stage"]): Promise<Violation[]> {
  const shown = ran.arrived
    .filter(({ body }) => body.includes("grant_type=refresh_token"))
    .map(({ body, atMs }) => ({ token: new URLSearchParams(body).get("refresh_token") ?? "", atMs }));
  const disturbed = ![...ran.struck].every(
    (fault) => fault.at === "request" && (fault.only === "commit" || fault.fault.what === "repeated"),
  );
  const twice = shown.filter(({ token, atMs }, index) =>
    shown.slice(0, index).some((before) => before.token === token && atMs - before.atMs < AT_THE_SAME_TIME_MS),
  );
  const { rows } = await stage.pool.query<{ platform: string; token_health: string }>(
    "select platform, token_health from accounts where token_health in ('expired', 'revoked', 'reconnect_required')",
  );
  return [
    ...(twice.length > 0 && !disturbed
      ? [{ kind: "untrue" as const, sentence: `a refresh token was used ${twice.length + 1} times` }]
      : []),
    ...(disturbed
      ? []
      : rows.map(({ platform, token_health: health }): Violation => ({
          kind: "untrue",
          sentence: `the account of ${platform} is ${health}, and nothing went wrong`,
        }))),
  ];
}
