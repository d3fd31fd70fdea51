import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { watchEventLoop } from "./event-loop.ts";

test("a process that was blocked for long says so, and for how long", async () => {
  const said: { milliseconds: number }[] = [];
  const end = watchEventLoop({ warn: (facts: { milliseconds: number }) => void said.push(facts) });
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900);
    while (said.length === 0) await sleep(10);
    assert.ok((said[0]?.milliseconds ?? 0) >= 500);
  } finally {
    end();
  }
});
