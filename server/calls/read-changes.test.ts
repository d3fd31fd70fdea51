import assert from "node:assert/strict";
import { EventEmitter, getEventListeners } from "node:events";
import { after, before, beforeEach, test } from "node:test";

import { idOf } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";
import { getPost } from "../domain/posts/get-post.ts";
import { type PostAnswer, readChanges } from "./read-changes.ts";

let world: World;
let id: string;
let heard: EventEmitter;
let ended: AbortController;

before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
  id = idOf(
    (
      await world.call(world.test, "POST", "/api/v1/posts", {
        platformSetId: world.test.platformSetId,
        platforms: ["threads"],
        content: { text: "Read me" },
      })
    ).body,
    "post",
  );
});
after(() => world.close());
beforeEach(() => {
  heard = new EventEmitter();
  ended = new AbortController();
});

const read = () => getPost(world.services, world.test, id);
const listener = {
  on(_channel: string, listening: (payload: string) => void) {
    heard.on("post", listening);
    return () => heard.off("post", listening);
  },
};

/** Counts the readings, and does something at each. */
async function follow(
  everyMilliseconds: number,
  atReading: (reading: number) => void | "leave",
  reading: () => Promise<PostAnswer> = read,
): Promise<number> {
  let readings = 0;
  for await (const _answer of readChanges(listener, reading, await read(), { everyMilliseconds, ended: ended.signal }))
    if (atReading((readings += 1)) === "leave") break;
  return readings;
}

const assertNothingLeft = () =>
  assert.deepEqual([heard.listenerCount("post"), getEventListeners(ended.signal, "abort").length], [0, 0]);
const NEVER = 1_000_000;

test("a post is read immediately, after notifications before anyone listened, and after every notification about it", async () => {
  const readings = await follow(NEVER, (reading) => {
    if (reading === 5) return "leave";
    if (reading >= 2) setImmediate(() => heard.emit("post", id));
  });
  assert.equal(readings, 5);
  assertNothingLeft();
});

test("what changes while it is being read is read again", async () => {
  let isTold = false;
  const readings = await follow(
    NEVER,
    (reading) => (reading === 3 ? "leave" : undefined),
    async () => {
      const answer = await read();
      if (!isTold) heard.emit("post", id);
      isTold = true;
      return answer;
    },
  );
  assert.equal(readings, 3);
});

test("without notifications it is polled, and notifications about other posts are ignored", async () => {
  assert.equal(await follow(1, (reading) => (reading === 4 ? "leave" : undefined)), 4);
  const readings = await follow(NEVER, (reading) => {
    if (reading === 2)
      setImmediate(() => void (heard.emit("post", world.test.userId), setImmediate(() => ended.abort())));
  });
  assert.equal(readings, 2);
});

test("it ends immediately, whether waiting, reading or being waited for; what has been read is returned, and nothing is left behind", async () => {
  assert.equal(
    await follow(NEVER, (reading) => (reading === 2 ? void setImmediate(() => ended.abort()) : undefined)),
    2,
  );
  assertNothingLeft();
  ended = new AbortController();
  assert.equal(await follow(NEVER, (reading) => (reading === 2 ? void ended.abort() : undefined)), 2);
  assertNothingLeft();
  ended = new AbortController();
  const readings = await follow(
    NEVER,
    () => undefined,
    async () => {
      ended.abort();
      return await read();
    },
  );
  assert.equal(readings, 2);
  assertNothingLeft();
  ended = new AbortController();
  await assert.rejects(
    follow(
      NEVER,
      () => undefined,
      () => Promise.reject(new Error("The database is away")),
    ),
    /away/,
  );
  assertNothingLeft();
});
