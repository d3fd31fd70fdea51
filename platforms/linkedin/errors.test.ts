import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { classify, errors } from "./errors.ts";

const CIRCUMSTANCES = {
  now: new Date("2026-11-01T12:00:10Z"),
  accountId: "782bbtaQ",
  newerVersion: null,
  uploadStep: "image-1",
};

for (const row of errors) {
  test(`${row.statuses?.join(", ")} ${row.keys?.join(", ") ?? "anything"} is ${row.brokerCode}: ${row.about}`, () => {
    for (const status of row.statuses ?? []) {
      const key = row.keys?.[0];
      const body =
        key === undefined
          ? { message: "Refused" }
          : key === "DAY_LIMIT"
            ? {
                message: "Resource level throttle MEMBER DAY limit for calls to this resource is reached.",
                code: "TOO_MANY_REQUESTS",
              }
            : { code: key, message: "Refused" };
      const error = classify(answerOf(status, { status, ...body }), CIRCUMSTANCES);
      assert.deepEqual(
        [error.code, error.notPublished, error.publicCode],
        [row.brokerCode, row.notPublished, row.publicCode ?? null],
      );
      if (status >= 500) assert.equal(error.notPublished, false);
    }
  });
}

test("an error is known by its input error, its code, a name in its message or its service number, and not at all by HTML", () => {
  const codeOf = (status: number, body: unknown) => classify(answerOf(status, body), CIRCUMSTANCES).code;
  assert.equal(
    codeOf(401, { message: "Empty oauth2_access_token", serviceErrorCode: 401, status: 401 }),
    "AUTH_EXPIRED",
  );
  assert.equal(
    codeOf(401, {
      serviceErrorCode: 65601,
      message: "The token used in the request has been revoked by the user",
      status: 401,
    }),
    "AUTH_REVOKED",
  );
  assert.equal(
    codeOf(400, { message: "com.linkedin.x: MEDIA_ASSET_WAITING_UPLOAD for urn", status: 400 }),
    "MEDIA_FAILED",
  );
  assert.equal(
    codeOf(422, {
      message: "ERROR :: /author :: field is required but not found and has no default value\n",
      status: 422,
    }),
    "CONTENT_REJECTED",
  );
  const html = classify({ status: 418, headers: {}, text: "<html></html>", json: () => undefined }, CIRCUMSTANCES);
  assert.deepEqual([html.code, html.notPublished], ["UNEXPECTED_RESPONSE", false]);
  assert.equal(
    classify({ status: 504, headers: {}, text: "<html></html>", json: () => undefined }, CIRCUMSTANCES).code,
    "PLATFORM_UNAVAILABLE",
  );
});

test("daily limits reset at midnight UTC, each account's within five minutes after it", () => {
  const body = {
    status: 429,
    serviceErrorCode: 101,
    code: "TOO_MANY_REQUESTS",
    message: "Resource level throttle APPLICATION DAY limit for calls to this resource is reached.",
  };
  const waitOf = (accountId: string) =>
    classify(answerOf(429, body), { ...CIRCUMSTANCES, accountId }).retryAfterSeconds ?? 0;
  const untilMidnight = 12 * 3600 - 10;
  assert.ok(waitOf("one") >= untilMidnight && waitOf("one") < untilMidnight + 300);
  assert.notEqual(waitOf("one"), waitOf("another"));
  assert.deepEqual(classify(answerOf(429, { message: "Slow down" }), CIRCUMSTANCES).retryAfterSeconds, 60);
});
