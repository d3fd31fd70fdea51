import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { exampleOf } from "../kit/meta/graph.fixture.ts";
import { classifyGraphAnswer } from "../kit/meta/graph.ts";
import { errors, graph } from "./errors.ts";

for (const row of errors) {
  test(`Facebook's "${row.about}" (${row.subcodes ?? row.codes ?? row.either ?? row.name ?? "sign-in"}) is ${row.brokerCode}`, () => {
    const { status, body } = exampleOf(row);
    const error = classifyGraphAnswer(graph, answerOf(status, body));
    assert.deepEqual(
      [error.code, error.message.startsWith(row.message), error.notPublished, error.publicCode],
      [row.brokerCode, true, row.notPublished, row.publicCode ?? null],
    );
    assert.equal(classifyGraphAnswer(graph, answerOf(500, body)).notPublished, false);
  });
}

test("access that ended because the app was not used for 90 days says so, and reconnecting helps", () => {
  const error = classifyGraphAnswer(
    graph,
    answerOf(400, { error: { message: "no", code: 190, error_subcode: 493, type: "OAuthException" } }),
  );
  assert.equal(error.code, "AUTH_EXPIRED");
  assert.match(error.message, /has not used it for 90 days/);
});

test("the subcode has priority over the code, and some numbers occur as either", () => {
  const codes = (code: number, subcode?: number): string =>
    classifyGraphAnswer(graph, answerOf(400, { error: { message: "no", code, error_subcode: subcode } })).code;
  assert.deepEqual(
    [
      codes(368, 4_854_002),
      codes(200, 1_404_078),
      codes(368, 1_404_078),
      codes(368, 1_390_008),
      codes(368, 1_404_082),
      codes(368),
      codes(506, 1_455_006),
      codes(100, 1_363_128),
      codes(1_363_128),
      codes(100, 1_609_005),
      codes(100),
      codes(190, 492),
      codes(190),
      codes(283),
      codes(613),
      codes(80_001),
      codes(6000, 1_363_037),
    ],
    [
      "IDENTITY_CONFIRMATION_REQUIRED",
      "IDENTITY_CONFIRMATION_REQUIRED",
      "IDENTITY_CONFIRMATION_REQUIRED",
      "RATE_LIMITED",
      "CONTENT_REJECTED",
      "RATE_LIMITED",
      "CONTENT_REJECTED",
      "MEDIA_REJECTED",
      "MEDIA_REJECTED",
      "CONTENT_REJECTED",
      "CONTENT_REJECTED",
      "AUTH_REVOKED",
      "AUTH_EXPIRED",
      "AUTH_REVOKED",
      "RATE_LIMITED",
      "RATE_LIMITED",
      "MEDIA_FAILED",
    ],
  );
});

test("a Page's rate limit has the minutes from the header", () => {
  const usage = JSON.stringify({ "101": [{ type: "pages", call_count: 100, estimated_time_to_regain_access: 19 }] });
  const limited = {
    error: {
      message: "(#80001) There have been too many calls to this Page account.",
      type: "OAuthException",
      code: 80_001,
    },
  };
  assert.equal(
    classifyGraphAnswer(graph, answerOf(400, limited, { "x-business-use-case-usage": usage })).retryAfterSeconds,
    1140,
  );
});
