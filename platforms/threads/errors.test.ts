import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { exampleOf } from "../kit/meta/graph.fixture.ts";
import { classifyGraphAnswer } from "../kit/meta/graph.ts";
import { errors, graph } from "./errors.ts";

for (const row of errors) {
  test(`Threads' "${row.about}" is ${row.brokerCode}`, () => {
    const { status, body } = exampleOf(row);
    const error = classifyGraphAnswer(graph, answerOf(status, body));
    assert.deepEqual(
      [error.code, error.message.startsWith(row.message), error.notPublished],
      [row.brokerCode, true, row.notPublished],
    );
    assert.equal(error.publicCode, row.publicCode ?? null);
    assert.equal(classifyGraphAnswer(graph, answerOf(500, body)).notPublished, false);
  });
}

test("a response outside the table never proves that nothing was published", () => {
  for (const [status, body] of [
    [400, { error: { code: 99_999 } }],
    [403, {}],
    [418, "teapot"],
    [503, {}],
    [429, {}],
    [401, {}],
  ] as const) {
    assert.equal(classifyGraphAnswer(graph, answerOf(status, body)).notPublished, false, `${status}`);
  }
  assert.equal(classifyGraphAnswer(graph, answerOf(503, {})).code, "PLATFORM_UNAVAILABLE");
  assert.equal(
    classifyGraphAnswer(graph, answerOf(400, { error: { code: 99_999, is_transient: true } })).code,
    "PLATFORM_UNAVAILABLE",
  );
});

test("a rate limit has the platform's delay, or an hour if it names none", () => {
  const limited = { error: { message: "Application request limit reached", code: 4 } };
  const usage = JSON.stringify({ "1": [{ type: "threads", estimated_time_to_regain_access: 7 }] });
  assert.equal(
    classifyGraphAnswer(graph, answerOf(400, limited, { "x-business-use-case-usage": usage })).retryAfterSeconds,
    420,
  );
  assert.equal(classifyGraphAnswer(graph, answerOf(429, {}, { "retry-after": "30" })).retryAfterSeconds, 30);
  assert.equal(classifyGraphAnswer(graph, answerOf(400, limited)).retryAfterSeconds, 3600);
});
