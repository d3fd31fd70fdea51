import { createServer, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { Webhook } from "standardwebhooks";
import { z } from "zod";

import { findFreePort } from "../../../cli/free-port.ts";
import type { Violation } from "../checker.ts";
import type { Person, World } from "../world.ts";
import type { PublishedPost } from "./tenants.ts";

/** The tenants' own servers, which receive their webhooks. */
export interface Receiver {
  /** Creates the tenant's webhook. */
  serve(person: Person): Promise<void>;
  /**
   * Waits until every event has arrived, or time runs out; returns the problems, and when each delivery first arrived.
   */
  check(announced: readonly PublishedPost[]): Promise<{ violations: Violation[]; deliveries: Delivered[] }>;
  close(): Promise<void>;
}

/** When an event occurred, and how long after that the tenant received it. */
export interface Delivered {
  at: number;
  milliseconds: number;
}

interface Heard {
  body: string;
  delivered: Delivered;
  sequence: number;
  type: string;
  postId: string | undefined;
  status: string | undefined;
}

const event = z.object({
  type: z.string(),
  timestamp: z.string(),
  sequence: z.number(),
  data: z.object({ post: z.object({ id: z.string(), status: z.string() }).optional() }),
});

/** A lost delivery is resent after its job has expired, with a growing delay. */
const PATIENCE_SECONDS = 240;

export async function startReceiver(world: World): Promise<Receiver> {
  const port = await findFreePort();
  const hooks = new Map<string, { person: Person; secret: string; heard: Map<string, Heard> }>();
  const violations: Violation[] = [];

  async function receive(request: IncomingMessage): Promise<number> {
    const hook = hooks.get(request.url ?? "");
    // Created at this very moment: it will be resent.
    if (hook === undefined) return 503;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const id = String(request.headers["webhook-id"]);
    try {
      const names = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [
        name,
        String(request.headers[name]),
      ]);
      new Webhook(hook.secret).verify(body, Object.fromEntries(names));
    } catch {
      violations.push({ kind: "untrue", sentence: `delivery ${id} to ${hook.person.userId} has a wrong signature` });
      return 400;
    }
    const before = hook.heard.get(id);
    if (before !== undefined && before.body !== body)
      violations.push({ kind: "untrue", sentence: `delivery ${id} came again with another body` });
    const { type, timestamp, sequence, data } = event.parse(JSON.parse(body));
    const at = Date.parse(timestamp);
    const delivered = before?.delivered ?? { at, milliseconds: Date.now() - at };
    hook.heard.set(id, { body, delivered, sequence, type, postId: data.post?.id, status: data.post?.status });
    return 204;
  }

  const server = createServer((request, response) => {
    const answer = (status: number) => response.writeHead(status).end();
    receive(request).then(answer, () => answer(500));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  return {
    async serve(person) {
      const path = `/${person.userId}`;
      const made = await world.api.insist(person, "POST", "/api/v1/webhooks", {
        body: { url: `http://127.0.0.1:${port}${path}`, events: [] },
        idempotencyKey: "webhook",
      });
      const { secret } = z.object({ webhook: z.object({ secret: z.string() }) }).parse(made.body).webhook;
      hooks.set(path, { person, secret, heard: new Map() });
    },
    async check(announced) {
      const all = [...hooks.values()];
      const end = performance.now() + PATIENCE_SECONDS * 1000;
      let gaps = await gapsIn(world, all);
      while (gaps.length > 0 && performance.now() < end) {
        await sleep(500);
        gaps = await gapsIn(world, all);
      }
      const heard = all.flatMap((hook) => [...hook.heard.values()]);
      return {
        violations: [...violations, ...gaps, ...(await falseWords(world, announced, heard))],
        deliveries: heard.map(({ delivered }) => delivered),
      };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A tenant's events since its webhook was created that were not delivered, or delivered as two. */
async function gapsIn(
  { pool }: World,
  hooks: readonly { person: Person; heard: Map<string, Heard> }[],
): Promise<Violation[]> {
  const users = hooks.map(({ person }) => person.userId);
  const { rows } = await pool.query<{ id: number; user_id: string; type: string }>(
    `select o.id, o.user_id, o.type from outbox o join webhooks w on w.user_id = o.user_id and w.mode = o.mode
       and o.created_at >= w.created_at where o.user_id = any($1)`,
    [users],
  );
  return hooks.flatMap(({ person, heard }) => {
    const counts = Map.groupBy(heard.values(), ({ sequence }) => sequence);
    const own = rows.filter(({ user_id }) => user_id === person.userId);
    return own.flatMap(({ id, type }): Violation[] => {
      const count = counts.get(id)?.length ?? 0;
      if (count === 1) return [];
      return [
        {
          kind: count === 0 ? "lost" : "duplicate",
          sentence: `event ${id} (${type}) of ${person.userId} came in ${count} deliveries`,
        },
      ];
    });
  });
}

/** The event with the highest number must match the post's current state, and it is reported as published once. */
async function falseWords(
  { pool }: World,
  announced: readonly PublishedPost[],
  heard: readonly Heard[],
): Promise<Violation[]> {
  const byPost = Map.groupBy(heard, ({ postId }) => postId);
  const { rows } = await pool.query<{ id: string; status: string }>("select id, status from posts where id = any($1)", [
    announced.map(({ subject }) => subject.postId),
  ]);
  return rows.flatMap(({ id, status }): Violation[] => {
    const events = (byPost.get(id) ?? []).sort((one, other) => one.sequence - other.sequence);
    const published = events.filter(({ type }) => type === "post.published").length;
    const last = events.at(-1);
    const wrong: Violation[] = [];
    if (last?.status !== status)
      wrong.push({
        kind: "untrue",
        sentence: `post ${id} is ${status}, and its last event, ${last?.type}, tells ${last?.status}`,
      });
    if (published !== (status === "published" ? 1 : 0))
      wrong.push({
        kind: "untrue",
        sentence: `post ${id} is ${status}, and was announced as published ${published} times`,
      });
    return wrong;
  });
}
