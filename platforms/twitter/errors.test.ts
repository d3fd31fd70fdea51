import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../kit/broker.fixture.ts";
import { classifyX, errors, type TwitterErrorRow } from "./errors.ts";

for (const row of errors) {
  test(`X's "${row.about}" is ${row.brokerCode}`, () => {
    const { status, body } = exampleOf(row);
    const place = row.atUpload === true ? "upload" : "elsewhere";
    const error = classifyX(answerOf(status, body), place);
    assert.deepEqual(
      [error.code, error.notPublished, error.publicCode],
      [row.brokerCode, row.notPublished, row.publicCode ?? null],
      JSON.stringify(body),
    );
    assert.ok(error.message.startsWith(row.message), error.message);
    assert.equal(classifyX(answerOf(503, body), place).notPublished, false);
  });
}

test("a problem's type is identified by its last part, whatever its host", () => {
  for (const host of ["api.twitter.com", "api.x.com"]) {
    const body = {
      title: "Forbidden",
      detail: "The user used for authentication is suspended",
      type: `https://${host}/2/problems/user-suspended`,
      status: 403,
    };
    assert.equal(classifyX(answerOf(403, body), "elsewhere").code, "AUTH_REVOKED");
  }
});

test("used-up credits are the operator's problem, in both observed formats", () => {
  for (const [title, problem] of [
    ["CreditsDepleted", "credits"],
    ["Payment Required", "credits-depleted"],
  ]) {
    const error = classifyX(
      answerOf(402, {
        title,
        detail: "Your enrolled account has no credits.",
        type: `https://api.x.com/2/problems/${problem}`,
      }),
      "elsewhere",
    );
    assert.deepEqual([error.code, error.notPublished, error.retryable], ["UNEXPECTED_RESPONSE", true, null]);
  }
});

test("a response outside the table never proves that nothing was published", () => {
  for (const [status, body] of [
    [400, "<html>"],
    [403, { title: "Forbidden", detail: "Something new", type: "about:blank" }],
    [418, {}],
    [500, {}],
    [502, "<html>"],
    [503, {}],
    [504, {}],
  ] as const) {
    assert.equal(classifyX(answerOf(status, body), "elsewhere").notPublished, false, `${status}`);
  }
});

test("a rate limit waits until a second after the latest relevant reset", () => {
  const now = Math.floor(Date.now() / 1000);
  const wait = (headers: Record<string, string>): number =>
    classifyX(answerOf(429, { title: "Too Many Requests", type: "about:blank", status: 429 }, headers), "elsewhere")
      .retryAfterSeconds ?? 0;
  assert.ok(Math.abs(wait({ "x-rate-limit-reset": String(now + 300) }) - 301) <= 5);
  assert.ok(
    Math.abs(
      wait({
        "x-rate-limit-reset": String(now + 300),
        "x-user-limit-24hour-remaining": "0",
        "x-user-limit-24hour-reset": String(now + 7200),
      }) - 7201,
    ) <= 5,
  );
  assert.ok(
    Math.abs(
      wait({
        "x-rate-limit-reset": String(now + 300),
        "x-app-limit-24hour-remaining": "12",
        "x-app-limit-24hour-reset": String(now + 7200),
      }) - 301,
    ) <= 5,
  );
  assert.equal(wait({}), 900);
});

test("a limit of the app is distinguished from one of the account", () => {
  const limitOf = (headers: Record<string, string>): string =>
    classifyX(answerOf(429, { title: "Too Many Requests", type: "about:blank", status: 429 }, headers), "elsewhere")
      .limitOf;
  assert.equal(limitOf({ "x-app-limit-24hour-remaining": "0" }), "app");
  const others: Record<string, string>[] = [
    {},
    { "x-app-limit-24hour-remaining": "7" },
    { "x-user-limit-24hour-remaining": "0" },
    { "x-app-limit-24hour-remaining": "0", "x-user-limit-24hour-remaining": "0" },
  ];
  for (const headers of others) assert.equal(limitOf(headers), "account");
});

/** An answer that only this row fits. */
function exampleOf({ statuses, problems, numbers, sentence, atUpload }: TwitterErrorRow): {
  status: number;
  body: object;
} {
  const sentences = [
    "Your media IDs are invalid.",
    "You can only provide one of media, poll.",
    "You are not allowed to create a Tweet with duplicate content.",
    "This user is not allowed to post a video longer than 2 minutes.",
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author.",
    "Mentions are not allowed in this post.",
    "You can post a maximum of one cashtag.",
    "The Tweet contains an invalid URL.",
    "You are not permitted to perform this action.",
  ];
  const message = sentences.find((one) => sentence?.test(one)) ?? "Refused";
  const status = statuses?.[0] ?? (atUpload === true ? 400 : 403);
  if (numbers !== undefined) return { status: 418, body: { errors: [{ code: numbers[0], message }] } };
  return {
    status,
    body: {
      title: "Refused",
      detail: message,
      type: problems === undefined ? "about:blank" : `https://api.x.com/2/problems/${problems[0]}`,
      status,
    },
  };
}
