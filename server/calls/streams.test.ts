import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { PublicError } from "../../model/errors.ts";
import type { Listener } from "../db/listen.ts";
import { createStreams } from "./streams.ts";

const session = (id: string) => ({ userId: "ada", mode: "test", actor: { kind: "session", id } }) as const;

function open(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let tell: (keyId: string) => void = () => undefined;
  const listener: Listener = {
    on(_channel, heard) {
      tell = heard;
      return () => undefined;
    },
    onReconnect: () => () => undefined,
    close: async () => undefined,
  };
  const streams = createStreams({ listener });
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await new Promise(setImmediate);
  };
  return { streams, pass, tell: (keyId: string) => tell(keyId) };
}

test("hundreds of streams of a session cost one check each half second, and all end with it", async (t) => {
  const { streams, pass } = open(t);
  let checks = 0;
  let ended = 0;
  let isValid = true;
  const authenticate = async () => {
    checks += 1;
    if (!isValid) throw new PublicError("UNAUTHORIZED", "The session was revoked.");
  };
  const releases = Array.from({ length: 400 }, () =>
    streams.hold(session("one"), authenticate, () => void (ended += 1)),
  );
  streams.hold(session("two"), authenticate, () => void (ended += 1));
  await pass(500);
  await pass(500);
  assert.deepEqual([checks, ended], [4, 0]);
  // The one that is asked for all may be the first to close.
  releases[0]?.();
  isValid = false;
  await pass(500);
  assert.deepEqual([checks, ended], [6, 400]);
});

test("no check of streams begins while one is under way, and few run at the same time", async (t) => {
  const { streams, pass, tell } = open(t);
  const waiting: (() => void)[] = [];
  const authenticate = () => new Promise<void>((resolve) => void waiting.push(resolve));
  for (let caller = 0; caller < 100; caller += 1) streams.hold(session(`${caller}`), authenticate, () => undefined);
  for (let times = 0; times < 5; times += 1) await pass(500);
  assert.equal(waiting.length, 8);
  tell("0");
  await pass(0);
  assert.equal(waiting.length, 8);
  waiting.splice(0).forEach((resolve) => resolve());
  await pass(0);
  assert.equal(waiting.length, 8, "the next ones");
});

test("a key's streams end as soon as it is revoked", async (t) => {
  const { streams, pass, tell } = open(t);
  const ended: string[] = [];
  const refuse = async () => {
    throw new PublicError("UNAUTHORIZED", "The key was revoked.");
  };
  for (const id of ["revoked", "other"])
    streams.hold({ userId: "ada", mode: "test", actor: { kind: "key", id } }, refuse, () => void ended.push(id));
  tell("revoked");
  await pass(0);
  assert.deepEqual(ended, ["revoked"]);
});

test("streams of a grant end with their own access token, and not with another of it", async (t) => {
  const { streams, pass } = open(t);
  const ended: string[] = [];
  for (const credential of ["valid", "expired"])
    streams.hold(
      { userId: "ada", mode: "test", actor: { kind: "key", id: "grant" }, credential },
      async () => {
        if (credential === "expired") throw new PublicError("UNAUTHORIZED", "The token has expired.");
      },
      () => void ended.push(credential),
    );
  await pass(500);
  assert.deepEqual(ended, ["expired"]);
});
