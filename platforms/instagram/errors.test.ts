import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { exampleOf } from "../kit/meta/graph.fixture.ts";
import { classifyGraphAnswer } from "../kit/meta/graph.ts";
import { errors, graphs } from "./errors.ts";

const NOT_READY = {
  error: {
    message: "Media ID is not available",
    type: "OAuthException",
    code: 9007,
    error_subcode: 2207027,
    is_transient: false,
  },
};

for (const row of errors) {
  test(`Instagram's "${row.about}" (${row.subcodes ?? row.codes ?? row.either ?? row.name ?? "sign-in"}) is ${row.brokerCode}`, () => {
    const { status, body } = exampleOf(row);
    const error = classifyGraphAnswer(graphs.instagram, answerOf(status, body));
    assert.deepEqual(
      [error.code, error.message.startsWith(row.message), error.notPublished, error.publicCode],
      [row.brokerCode, true, row.notPublished, row.publicCode ?? null],
    );
    assert.equal(classifyGraphAnswer(graphs.instagram, answerOf(500, body)).notPublished, false);
  });
}

test("the subcode has priority over the code", () => {
  const codes = (code: number, subcode?: number): string =>
    classifyGraphAnswer(graphs.instagram, answerOf(400, { error: { message: "no", code, error_subcode: subcode } }))
      .code;
  assert.deepEqual(
    [
      codes(4),
      codes(4, 2_207_051),
      codes(-1, 2_207_001),
      codes(-1, 2_207_053),
      codes(100, 2_207_028),
      codes(100),
      codes(100, 33),
      codes(190, 463),
      codes(190),
      codes(190, 458),
      codes(368, 4_854_002),
      codes(200, 1_404_078),
      codes(80_002),
    ],
    [
      "RATE_LIMITED",
      "RATE_LIMITED",
      "PLATFORM_UNAVAILABLE",
      "MEDIA_FAILED",
      "MEDIA_REJECTED",
      "CONTENT_REJECTED",
      "AUTH_REVOKED",
      "AUTH_EXPIRED",
      "AUTH_EXPIRED",
      "AUTH_REVOKED",
      "IDENTITY_CONFIRMATION_REQUIRED",
      "IDENTITY_CONFIRMATION_REQUIRED",
      "RATE_LIMITED",
    ],
  );
});

test("a rate limit has the minutes from the header", () => {
  const usage = JSON.stringify({
    "101": [{ type: "instagram", call_count: 101, estimated_time_to_regain_access: 12 }],
  });
  const limited = {
    error: {
      message: "(#80002) There have been too many calls to this Instagram account.",
      type: "OAuthException",
      code: 80_002,
    },
  };
  assert.equal(
    classifyGraphAnswer(graphs.instagram, answerOf(400, limited, { "x-business-use-case-usage": usage }))
      .retryAfterSeconds,
    720,
  );
  assert.equal(classifyGraphAnswer(graphs.instagram, answerOf(400, limited)).retryAfterSeconds, 3600);
});

test("publishing too early proves nothing by itself", () => {
  const error = classifyGraphAnswer(graphs.instagram, answerOf(400, NOT_READY));
  assert.deepEqual([error.code, error.notPublished], ["MEDIA_FAILED", false]);
});
