import assert from "node:assert/strict";
import { test } from "node:test";

import type { Broker, QuietStep, StepContext, VisibleStep } from "../../platform.ts";
import { CONTENT, contextFor, drive, startHost } from "../broker.fixture.ts";
import { paced } from "./usage.ts";

const APP = (percent: number) => ({
  "x-app-usage": JSON.stringify({ call_count: 3, total_time: percent, total_cputime: 1 }),
});
const ACCOUNT = (percent: number) => ({
  "x-business-use-case-usage": JSON.stringify({
    "101": [
      { type: "pages", call_count: percent, total_cputime: 2, total_time: 2, estimated_time_to_regain_access: 0 },
    ],
  }),
});

for (const { name, headers, rest } of [
  { name: "79 of the app's calls", headers: APP(79), rest: [] },
  { name: "80 of the app's time", headers: APP(80), rest: [30] },
  { name: "94 of the account's calls", headers: ACCOUNT(94), rest: [30] },
  { name: "95 of the account's calls", headers: ACCOUNT(95), rest: [300] },
  { name: "the higher of both", headers: { ...APP(96), ...ACCOUNT(10) }, rest: [300] },
  { name: "headers of another form", headers: { "x-app-usage": "[85]", "x-business-use-case-usage": "{" }, rest: [] },
]) {
  test(`a step rests after an answer that told of ${name}: ${rest.join() || "not at all"}`, async (t) => {
    const host = await startHost(t, ({ path }) => [200, {}, path.endsWith("first") ? headers : {}]);
    const { waits } = await drive(
      brokerOf(asking("first"), asking("second"), asking("third")),
      contextFor(host.url, CONTENT),
    );
    assert.deepEqual(waits, rest.length === 0 ? {} : { second: rest });
    assert.deepEqual(
      host.requests.map(({ path }) => path),
      ["host.example/first", "host.example/second", "host.example/third", "host.example/publish"],
    );
  });
}

test("the publishing request never waits, but what follows it does", async (t) => {
  const host = await startHost(t, ({ path }) => [200, {}, path.endsWith("after") ? {} : ACCOUNT(99)]);
  const { waits } = await drive(brokerOf(asking("before")), contextFor(host.url, CONTENT));
  assert.deepEqual(waits, {});
  const { waits: later } = await drive(
    { ...brokerOf(), steps: () => paced([publishing(), asking("after")]) },
    contextFor(host.url, CONTENT),
  );
  assert.deepEqual(later, { after: [300] });
});

test("a polling step slows down, and its own count is unaffected", async (t) => {
  const host = await startHost(t, () => [200, {}, APP(85)]);
  const seen: [number, number][] = [];
  const polling: QuietStep = {
    name: "poll",
    effect: "read",
    async run(context) {
      seen.push([context.polls, context.waitedSeconds]);
      await ask(context, "poll");
      return context.polls < 2 ? { waitSeconds: 5 } : { done: {} };
    },
  };
  const { waits } = await drive(brokerOf(asking("first"), polling), contextFor(host.url, CONTENT));
  assert.deepEqual(
    [waits, seen],
    [
      { poll: [30, 30, 30] },
      [
        [0, 0],
        [1, 30],
        [2, 60],
      ],
    ],
  );
});

function brokerOf(...steps: QuietStep[]): Broker {
  return {
    steps: () => paced([...steps, publishing()]),
    reconcile: async () => ({ verdict: "pending", reason: "" }),
    indexingLagSeconds: 0,
  };
}

function asking(name: string): QuietStep {
  return {
    name,
    effect: "hidden",
    async run(context) {
      await ask(context, name);
      return { done: { [name]: true } };
    },
  };
}

function ask({ http }: StepContext, name: string) {
  return http.send({ method: "GET", url: `https://host.example/${name}` });
}

function publishing(): VisibleStep {
  return {
    name: "publish",
    effect: "visible",
    request: () => ({ method: "POST", url: "https://host.example/publish", form: {} }),
    accept: () => ({ done: {}, remoteId: "1" }),
  };
}
