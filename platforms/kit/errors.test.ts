import assert from "node:assert/strict";
import { test } from "node:test";

import { BROKER_CODES, type BrokerCode } from "../../model/errors.ts";
import { BrokerError } from "../platform.ts";
import { platformWords, toBrokerError, type ErrorRow } from "./errors.ts";

const ROW: ErrorRow = {
  about: "a bad image",
  brokerCode: "MEDIA_REJECTED",
  publicCode: "UNSUPPORTED_MEDIA_CONFIG",
  notPublished: true,
  maxAttempts: 2,
  message: "Example does not take this image.",
};
const SAID = { status: 400, code: "7", message: "Ratio 3:1", requestId: null };

test("the platform's message is included where it can say what is wrong with the post, and nowhere else", () => {
  for (const brokerCode of Object.keys(BROKER_CODES) as BrokerCode[]) {
    const { message } = toBrokerError("Example", { ...ROW, brokerCode }, SAID);
    const isAboutThePost = /^(CONTENT|MEDIA)_|^UNEXPECTED_RESPONSE$/.test(brokerCode);
    assert.equal(message, isAboutThePost ? `${ROW.message} Example says: Ratio 3:1` : ROW.message, brokerCode);
  }
  assert.equal(toBrokerError("Example", ROW, { ...SAID, message: null }).message, ROW.message);
});

test("a row's columns are the error's, and the caller's values take precedence", () => {
  const error = toBrokerError("Example", ROW, SAID, { redoFrom: "start", maxAttempts: 3 });
  assert.deepEqual(
    [error.code, error.publicCode, error.notPublished, error.maxAttempts, error.redoFrom, error.platformError],
    ["MEDIA_REJECTED", "UNSUPPORTED_MEDIA_CONFIG", true, 3, "start", SAID],
  );
});

test("a 5xx response proves nothing, whatever the row says, and neither does one without a status", () => {
  for (const status of [500, 503, null])
    assert.equal(toBrokerError("Example", ROW, { ...SAID, status }).notPublished, false, String(status));
});

test("a platform's message is stored without secrets, and truncated", () => {
  assert.equal(platformWords("access_token=abcdefgh is bad"), "access_token=[redacted] is bad");
  assert.equal(platformWords("x".repeat(1000))?.length, 500);
  for (const nothing of [null, undefined, ""]) assert.equal(platformWords(nothing), null);
});

test("markup in a platform's message is left out, and what only looks like it stays", () => {
  for (const [said, shown] of [
    ['exceeded your <a href="/youtube/v3/getting-started#quota">quota</a>.', "exceeded your quota."],
    [
      "The <code>snippet.title</code> property<br/>is &quot;invalid&quot; &amp; empty",
      'The snippet.title property is "invalid" & empty',
    ],
    ["must be < 5 and > 3; a<b", "must be < 5 and > 3; a<b"],
    ["&lt;b&gt;", "<b>"],
    ["<i>access_token</i>=abcdefgh", "access_token=[redacted]"],
  ])
    assert.equal(platformWords(said), shown);
});

test("a changed error keeps the rest; with another code, it keeps only the platform's message", () => {
  const error = new BrokerError("MEDIA_FAILED", "It failed.", {
    notPublished: true,
    retryable: false,
    retryAfterSeconds: 7,
    limitOf: "app",
    redoFrom: "start",
    platformError: SAID,
  });
  const changed = error.with({ notPublished: false });
  assert.deepEqual({ ...changed, notPublished: true }, { ...error });
  assert.deepEqual([changed.message, changed.cause], ["It failed.", error]);
  const other = error.with({ code: "OUTCOME_UNKNOWN", message: "Nobody knows." });
  assert.deepEqual({ ...other }, { ...new BrokerError("OUTCOME_UNKNOWN", "", { platformError: SAID }) });
});
