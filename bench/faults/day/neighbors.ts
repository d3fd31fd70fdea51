import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { PlatformName } from "../../../model/platform-names.ts";
import { createApiKey, revokeApiKey } from "../../../server/domain/api-keys/api-keys.ts";
import { mixedTexts, nastyTexts } from "../../../tests/nasty-texts.ts";
import { type CallOptions, postIn } from "../api.ts";
import type { Violation } from "../checker.ts";
import { pick } from "../scenario.ts";
import type { Person, World } from "../world.ts";
import type { BadSources } from "./bad-sources.ts";

/** All bad neighbors, each a separate tenant. */
export interface Neighbors {
  /** The responses to all their requests: the number for each status; 0 if there was no response. */
  answers: ReadonlyMap<number, number>;
  /**
   * Resolves when all have stopped, soon after the end of the day; returns what they should not have received.
   */
  over: Promise<Violation[]>;
}

/** What they have access to. */
export type Attacked = Pick<World, "api" | "apiUrl" | "pool">;

interface Bad {
  world: Attacked;
  person: Person;
  sources: BadSources;
  seed: number;
  /** The length of the day. */
  seconds: number;
  /** The pause between requests on each flood connection. */
  pauseMilliseconds: number;
  /** Whether the day is over. */
  isOver(): boolean;
  call(method: string, path: string, options?: CallOptions): Promise<string | null>;
}

type Habit = (bad: Bad) => Promise<Violation[] | void>;

const POSTS = "/api/v1/posts";

const HABITS: readonly Habit[] = [
  sendPoison,
  nameBadSources,
  sendHooksAstray,
  flood,
  flood,
  hang,
  hang,
  crowd,
  keepRevokedKeys,
  speakBadly,
];

/** How many people it needs. */
export const NEIGHBORS = HABITS.length;

export function startNoisyNeighbors(
  world: Attacked,
  people: readonly Person[],
  sources: BadSources,
  { seconds, seed, pauseMilliseconds }: { seconds: number; seed: number; pauseMilliseconds: number },
): Neighbors {
  const end = performance.now() + seconds * 1000;
  const answers = new Map<number, number>();
  const living = HABITS.map(async (habit, index) => {
    const person = pick(people, index);
    const call: Bad["call"] = async (method, path, options) => {
      const answer = await world.api.call(person, method, path, options).catch(() => null);
      const status = answer?.status ?? 0;
      answers.set(status, (answers.get(status) ?? 0) + 1);
      return answer !== null && status < 300 && method === "POST" && path === POSTS ? postIn(answer).id : null;
    };
    return (
      (await habit({
        world,
        person,
        sources,
        seed: seed + index,
        seconds,
        pauseMilliseconds,
        isOver: () => performance.now() > end,
        call,
      })) ?? []
    );
  });
  return { answers, over: Promise.all(living).then((found) => found.flat()) };
}

/** This many in parallel, until the day is over. */
async function together(
  { isOver }: Bad,
  count: number,
  act: (number: number) => Promise<unknown>,
  pauseMilliseconds = 0,
): Promise<void> {
  let number = 0;
  const one = async () => {
    while (!isOver()) {
      await act(number++);
      await sleep(pauseMilliseconds);
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

function draft(
  { person }: Bad,
  text: string,
  platforms: readonly PlatformName[] = ["threads"],
  more: Record<string, unknown> = {},
  scheduledFor?: string,
): CallOptions {
  return {
    body: {
      content: { text, ...more },
      platforms,
      platformSetId: person.platformSetId,
      scheduledFor,
    },
  };
}

async function createAndPublish(bad: Bad, draftOptions: CallOptions): Promise<void> {
  const id = await bad.call("POST", POSTS, draftOptions);
  if (id !== null) await bad.call("POST", `${POSTS}/${id}/publish`);
}

const TEXT_PLATFORMS = ["threads", "facebook", "twitter", "linkedin"] as const;

/** Texts that cause expensive parsing: long ones for validation, short ones for publishing. */
async function sendPoison(bad: Bad): Promise<void> {
  const long = Object.values({ ...nastyTexts(900_000), ...mixedTexts(90_000, bad.seed, 40) });
  const short = Object.values({ ...nastyTexts(180), ...mixedTexts(180, bad.seed, 40) });
  await together(
    bad,
    2,
    async (number) => {
      await bad.call(
        "POST",
        number % 2 === 0 ? `${POSTS}/validate` : POSTS,
        draft(bad, pick(long, number), TEXT_PLATFORMS),
      );
      await createAndPublish(
        bad,
        draft(bad, `poison ${number} ${pick(short, number)}`, [pick(TEXT_PLATFORMS, number)]),
      );
    },
    100,
  );
}

/** Media that trickle in, never end, redirect or decompress to huge sizes. */
async function nameBadSources(bad: Bad): Promise<void> {
  await together(
    bad,
    1,
    async (number) => {
      const media = [{ url: pick(bad.sources.media, number) }];
      await createAndPublish(
        bad,
        draft(bad, `bad source ${number}`, [pick(["threads", "instagram", "facebook"], number)], { media }),
      );
    },
    500,
  );
}

/** Events for receivers that respond late, never, or endlessly. */
async function sendHooksAstray(bad: Bad): Promise<void> {
  for (const url of bad.sources.hooks) await bad.call("POST", "/api/v1/webhooks", { body: { url, events: [] } });
  await together(bad, 1, (number) => createAndPublish(bad, draft(bad, `astray ${number}`)), 250);
}

const STREAMS = 200;

/** As many requests of all kinds as possible, with many parallel streams. */
async function flood(bad: Bad): Promise<void> {
  const { world, person, isOver, pauseMilliseconds } = bad;
  const first = await bad.call("POST", POSTS, draft(bad, "watched"));
  const streams = Array.from({ length: first === null ? 0 : STREAMS }, () =>
    watch(world, person.key, first ?? "", isOver),
  );
  await together(
    bad,
    6,
    (number) => {
      const kind = number % 3;
      if (kind === 0) return bad.call("POST", POSTS, draft(bad, `flood ${bad.seed} ${number}`));
      return kind === 1
        ? bad.call("POST", `${POSTS}/validate`, draft(bad, "flood", TEXT_PLATFORMS))
        : bad.call("GET", `${POSTS}?limit=100`);
    },
    pauseMilliseconds,
  );
  await Promise.all(streams);
}

/** Reads a post's events until they end, or until it has enough. Returns whether the server has ended them. */
async function watch(
  { apiUrl }: Pick<World, "apiUrl">,
  key: string,
  postId: string,
  isEnough: () => boolean,
): Promise<boolean> {
  const end = new AbortController();
  const timer = setInterval(() => isEnough() && end.abort(), 250);
  try {
    const answer = await fetch(`${apiUrl}${POSTS}/${postId}/events`, {
      headers: { authorization: `Bearer ${key}` },
      signal: end.signal,
    });
    await answer.body?.pipeTo(new WritableStream());
    return true;
  } catch {
    return !end.signal.aborted;
  } finally {
    clearInterval(timer);
  }
}

const HANGS = ["timeout", "slow", "process_forever"];

/** Posts for which the platform does not respond. */
async function hang(bad: Bad): Promise<void> {
  const platforms = ["threads", "facebook", "twitter"] as const;
  await together(
    bad,
    1,
    (number) =>
      createAndPublish(
        bad,
        draft(bad, `hang ${bad.seed} ${number} [[sandbox:${pick(HANGS, number)}]]`, [pick(platforms, number)]),
      ),
    1_000,
  );
}

const CROWD = 2_000;
const CROWDS = 3;

/** Thousands of posts, all due at the same time, several times a day. */
async function crowd(bad: Bad): Promise<void> {
  const { seconds, isOver } = bad;
  for (let number = 0, round = 1; round <= CROWDS; round += 1) {
    const dueAt = Date.now() + (seconds * 1000) / (CROWDS + 1);
    const scheduledFor = new Date(dueAt).toISOString();
    for (let count = 0; count < CROWD && Date.now() < dueAt - 2_000; count += 1, number += 1) {
      await bad.call("POST", POSTS, draft(bad, `crowd ${number}`, [pick(TEXT_PLATFORMS, number)], {}, scheduledFor));
    }
    while (!isOver() && Date.now() < dueAt) await sleep(100);
  }
}

/** However slow everything is, a stream with a revoked key must end within this time. */
const REVOKED_SECONDS = 60;

/** Streams whose key is revoked: they must end. */
async function keepRevokedKeys(bad: Bad): Promise<Violation[]> {
  const { world, person, isOver } = bad;
  const violations: Violation[] = [];
  const postId = await bad.call("POST", POSTS, draft(bad, "watched with a key that goes"));
  while (postId !== null && !isOver()) {
    // The database may be down right now.
    const key = await createApiKey(world, { userId: person.userId, mode: "test" }, { name: "goes" }).catch(() => null);
    if (key === null) continue;
    let revokedAt = Infinity;
    const isLate = () => performance.now() > revokedAt + REVOKED_SECONDS * 1000;
    const streams = Array.from({ length: 20 }, () => watch(world, key.apiKey, postId, isLate));
    await sleep(2_000);
    while (
      !(await revokeApiKey(world, person, key.id).then(
        () => true,
        () => false,
      ))
    )
      await sleep(100);
    revokedAt = performance.now();
    const late = (await Promise.all(streams)).filter((ended) => !ended).length;
    if (late > 0) violations.push({ kind: "untrue", sentence: `${late} streams went on with a key that was revoked` });
  }
  return violations;
}

/** Requests that no HTTP client would send, and targets that lead elsewhere. */
async function speakBadly(bad: Bad): Promise<Violation[]> {
  const { world, sources, isOver } = bad;
  const { host, hostname, port } = new URL(world.apiUrl);
  const canary = new URL(sources.canary).host;
  const sayings = [
    `GET ${sources.canary} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET ${sources.canary}docs HTTP/1.1\r\nHost: ${canary}\r\n\r\n`,
    `GET //${canary}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET /\\${canary}/sandbox HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `CONNECT ${canary} HTTP/1.1\r\nHost: ${canary}\r\n\r\n`,
    `GET http://user@${canary}/sandbox/../../ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `POST ${POSTS} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n` +
      "GET / HTTP/1.1\r\n\r\n",
    `POST ${POSTS} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000000\r\n\r\n{`,
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${host}\r\n${"X-A: b\r\n".repeat(5_000)}\r\n`,
    "\0\x16\x03\x01\0\0",
    "GET / HTTP/1.1\r\nHost:",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ];
  await together(bad, 8, async (number) => {
    const socket = connect(Number(port), hostname)
      .on("error", () => undefined)
      .resume();
    socket.write(pick(sayings, number), "latin1");
    for (let waited = 0; waited < 20 && !socket.closed && !isOver(); waited += 1) await sleep(100);
    socket.destroy();
  });
  const hits = sources.canaryHits();
  return hits === 0
    ? []
    : [{ kind: "untrue", sentence: `an address on this machine was reached ${hits} times by what strangers named` }];
}
