import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { classifyTikTok, errors, failReasons, failureOf } from "./errors.ts";

for (const row of errors) {
  const messages = ["The chunk size is invalid", "The title length exceeds the limit"];
  const message = messages.find((each) => row.sentence?.test(each)) ?? "No";
  for (const code of row.codes) {
    test(`${code} (${row.about}) is ${row.brokerCode}`, () => {
      const error = classifyTikTok(answerOf(400, JSON.stringify({ data: {}, error: { code, message, log_id: "L1" } })));
      assert.deepEqual(
        [error.code, error.publicCode, error.notPublished, error.retryAfterSeconds],
        [row.brokerCode, row.publicCode ?? null, row.notPublished, row.retryAfterSeconds ?? null],
      );
      assert.deepEqual(error.platformError, { status: 400, code, message, requestId: "L1" });
    });
  }
}

test("an error in TikTok's format had no effect, whatever its code; a gateway's proves nothing", () => {
  assert.equal(
    classifyTikTok(answerOf(403, '{"data":{},"error":{"code":"brand_new","message":""}}')).notPublished,
    true,
  );
  for (const answer of [
    answerOf(500, ""),
    answerOf(502, "<html>"),
    answerOf(200, "{"),
    answerOf(200, '{"data":{},"error":{"code":"brand_new"}}'),
    answerOf(404, "<html>"),
  ]) {
    assert.equal(classifyTikTok(answer).notPublished, false);
  }
});

test("a failed post says why, and that it never will be live", () => {
  for (const reason of failReasons.flatMap(({ codes }) => codes)) {
    const error = failureOf(reason);
    assert.deepEqual([error.neverLive, error.platformError?.code], [true, reason]);
    assert.equal(error.retryable, reason === "internal" || reason.endsWith("_pull_failed"));
    assert.equal(failureOf(reason, "init").redoFrom, "init");
  }
  assert.equal(failureOf("brand_new").code, "UNEXPECTED_RESPONSE");
});
