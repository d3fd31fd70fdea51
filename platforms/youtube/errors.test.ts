import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { refusalOf } from "./errors.fixture.ts";
import { errorOf, errors, untilPacificMidnight } from "./errors.ts";

test("every row of the table of errors is told by its reason", () => {
  for (const row of errors) {
    for (const reason of row.reasons ?? []) {
      const message =
        row.sentence === undefined
          ? "Refused"
          : "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service " +
            "'youtube.googleapis.com'.";
      const error = errorOf(answerOf(400, refusalOf(reason, message)));
      assert.deepEqual(
        [error.code, error.message.startsWith(row.message), error.notPublished, error.platformError?.code],
        [row.brokerCode, true, row.notPublished, reason],
      );
    }
  }
  const answers: [number, string, string][] = [
    [502, "<html>Bad Gateway</html>", "PLATFORM_UNAVAILABLE"],
    [401, "", "AUTH_EXPIRED"],
    [429, "slow down", "RATE_LIMITED"],
    [418, "", "UNEXPECTED_RESPONSE"],
  ];
  for (const [status, body, code] of answers) assert.equal(errorOf(answerOf(status, body)).code, code);
  assert.equal(errorOf(answerOf(503, "", { "retry-after": "7" })).retryAfterSeconds, 7);
});

test("a used-up day ends at midnight Pacific time, in both forms of the answer, and a channel's after 24 hours", () => {
  const now = new Date("2026-11-25T07:00:00Z");
  const perDay = refusalOf(
    "rateLimitExceeded",
    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service " +
      "'youtube.googleapis.com'.",
  );
  for (const [status, body] of [
    [403, refusalOf("quotaExceeded")],
    [429, perDay],
  ] as const) {
    const error = errorOf(answerOf(status, body), now);
    assert.deepEqual([error.code, error.retryAfterSeconds], ["QUOTA_EXCEEDED", 3600 + 300]);
  }
  assert.equal(errorOf(answerOf(403, refusalOf("quotaExceeded")), now).message, "Quota exceeded (quotaExceeded)");
  assert.equal(errorOf(answerOf(400, refusalOf("uploadLimitExceeded")), now).retryAfterSeconds, 86_400);
  assert.equal(errorOf(answerOf(429, refusalOf("rateLimitExceeded")), now).code, "RATE_LIMITED");
});

test("midnight is found on the days that are an hour shorter or longer", () => {
  const until = (text: string) => untilPacificMidnight(new Date(text)) - 300;
  assert.equal(until("2026-07-01T07:00:00Z"), 86_400);
  assert.equal(until("2026-07-01T06:59:00Z"), 60);
  assert.equal(until("2026-03-08T08:00:00Z"), 23 * 3600);
  assert.equal(until("2026-11-01T07:00:00Z"), 25 * 3600);
});
