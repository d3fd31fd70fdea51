import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { watchEventLoop } from "./event-loop.ts";

const block = (milliseconds: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

test("a process that was blocked for long says so, and for how long", async () => {
  const said: { milliseconds: number }[] = [];
  const watch = watchEventLoop({ warn: (facts: { milliseconds: number }) => void said.push(facts) });
  try {
    block(900);
    while (said.length === 0) await sleep(10);
    assert.ok((said[0]?.milliseconds ?? 0) >= 500);
  } finally {
    watch.stop();
  }
});

test("a process is busy if it is late again and again, until it is no longer", async () => {
  const watch = watchEventLoop({ warn: () => undefined });
  try {
    assert.equal(watch.isBusy(), false);
    while (!watch.isBusy()) {
      block(600);
      await sleep(1);
    }
    while (watch.isBusy()) await sleep(10);
  } finally {
    watch.stop();
  }
});
