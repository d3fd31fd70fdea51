import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";

import type { Checkpoint } from "../../platforms/platform.ts";
import { createVault } from "../vault/vault.ts";
import { addToCheckpoint, openCheckpoint } from "./checkpoint.ts";

const ADDRESS = "https://upload.example.com/file?signature=secret-signature";

const kept = {
  deps: { vault: createVault([randomBytes(32)]) },
  broker: { secretCheckpoint: ["token"] },
  row: { id: randomUUID() },
};
const add = (stored: Checkpoint, done: Checkpoint) => addToCheckpoint(kept, stored, done);
const open = (stored: Checkpoint) => openCheckpoint(kept, stored);

test("what a broker declares secret is sealed, and so is every URL, also one of several and inside a text", () => {
  const done = { id: "1", token: "secret-token", address: ADDRESS, list: ["", ADDRESS], text: `see HTTP://x/?secret` };
  const stored = add({}, done);
  assert.deepEqual(Object.keys(stored), ["id", "engine:sealed"]);
  assert.doesNotMatch(JSON.stringify(stored), /secret/);
  assert.deepEqual(open(stored), done);
});

test("a checkpoint of an earlier version, with its URLs unsealed, is read, and sealed with the next step", () => {
  const earlier = { id: "1", "video-urls": [ADDRESS] };
  assert.deepEqual(open(earlier), earlier);
  const stored = add(earlier, { next: true });
  assert.doesNotMatch(JSON.stringify(stored), /secret/);
  assert.deepEqual(open(stored), { ...earlier, next: true });
});

test("a later value takes the place of a sealed one, even if it is no URL", () => {
  const stored = add(add({}, { address: ADDRESS, token: "secret-token" }), { address: null });
  assert.deepEqual(open(stored), { address: null, token: "secret-token" });
});

test("what a process of an earlier version writes unsealed during an upgrade takes the place of what is sealed", () => {
  const stored = { ...add({}, { address: ADDRESS }), address: `${ADDRESS}-2` };
  assert.deepEqual(open(stored), { address: `${ADDRESS}-2` });
  assert.deepEqual(open(add(stored, {})), { address: `${ADDRESS}-2` });
});
