import { setTimeout as sleep } from "node:timers/promises";

import { type Answer, type CallOptions, subjectOf } from "../api.ts";
import { draftOf, type Kind } from "../contents.ts";
import type { Person, Subject, World } from "../world.ts";
import type { Planned } from "./plan.ts";

/** An honest tenant's post, and when its audience should see it. */
export interface PublishedPost {
  subject: Subject;
  kind: Kind;
  isScheduled: boolean;
  /** Milliseconds since 1970: its due time, or the time of the publish request. */
  dueAt: number;
  isCancelled: boolean;
}

/** A request, from its first attempt to its response. */
export interface TimedCall {
  at: number;
  milliseconds: number;
}

export interface DayResult {
  announced: PublishedPost[];
  calls: TimedCall[];
}

/** The time between a scheduled post's creation and the action on it. */
const CHANGE_AFTER_SECONDS = 3;

/** Performs a tenant's plan like a careful client: each write has a key and is retried until there is a response. */
export async function runDay(
  world: World,
  person: Person,
  name: string,
  planned: readonly Planned[],
): Promise<DayResult> {
  const calls: TimedCall[] = [];
  const beganAt = performance.now();
  const doing = planned.map(async (each, index) => {
    await sleep(Math.max(0, each.at * 1000 - (performance.now() - beganAt)));
    return await post({ world, person, calls }, `${name}-${index}`, each);
  });
  return { announced: await Promise.all(doing), calls };
}

interface Client {
  world: World;
  person: Person;
  calls: TimedCall[];
}

async function post(client: Client, name: string, { platform, kind, ahead, change }: Planned): Promise<PublishedPost> {
  const { world, person } = client;
  const draft = await draftOf(kind, `${name} of the day`, person, world.api, platform);
  const scheduledFor = ahead === null ? null : new Date(Date.now() + ahead * 1000);
  if (scheduledFor !== null) draft.body.scheduledFor = scheduledFor.toISOString();
  const created = await write(client, "POST", "/api/v1/posts", { body: draft.body, idempotencyKey: `create ${name}` });
  const subject = subjectOf(person, draft.parts, created);
  const path = `/api/v1/posts/${subject.postId}`;
  if (scheduledFor === null) {
    const dueAt = Date.now();
    await write(client, "POST", `${path}/publish`, { idempotencyKey: `publish ${name}` });
    return { subject, kind, isScheduled: false, dueAt, isCancelled: false };
  }
  if (change !== null) await sleep(CHANGE_AFTER_SECONDS * 1000);
  const isDone = change !== null && (await isTaken(client, path, name, change));
  if (change === "edit" && isDone) subject.parts = [edited(name)];
  return {
    subject,
    kind,
    isScheduled: true,
    dueAt: scheduledFor.getTime(),
    isCancelled: change === "cancel" && isDone,
  };
}

/** Whether it was in time: posts that are due or published reject it. */
async function isTaken(client: Client, path: string, name: string, change: "edit" | "cancel"): Promise<boolean> {
  const idempotencyKey = `${change} ${name}`;
  const { status } =
    change === "edit"
      ? await write(client, "PATCH", path, { body: { content: { text: edited(name) } }, idempotencyKey })
      : await write(client, "POST", `${path}/cancel`, { idempotencyKey });
  return status < 300;
}

function edited(name: string): string {
  return `${name} of the day, in better words`;
}

async function write(
  { world, person, calls }: Client,
  method: string,
  path: string,
  options: CallOptions & { idempotencyKey: string },
): Promise<Answer> {
  const at = Date.now();
  const answer = await world.api.insist(person, method, path, options);
  calls.push({ at, milliseconds: Date.now() - at });
  if (answer.status >= 400 && answer.status !== 409)
    throw new Error(`${method} ${path} was refused: ${JSON.stringify(answer.body)}`);
  return answer;
}
