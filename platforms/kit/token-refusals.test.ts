import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "./broker.fixture.ts";
import { refuseToken, type TokenRefusals } from "./token-refusals.ts";

const REFUSALS: TokenRefusals = {
  label: "Example",
  limitSeconds: 90,
  rows: [
    { errors: ["invalid_client"], brokerCode: "UNEXPECTED_RESPONSE", message: "Wrong app." },
    { statuses: [400], at: "renewal", brokerCode: "AUTH_REVOKED", message: "No longer renewed." },
    { statuses: [400], brokerCode: "AUTH_EXPIRED", message: "Start again." },
  ],
};
const LASTING = { refreshExpiresInSeconds: null };
const OVER = { refreshExpiresInSeconds: 0 };

test("a token endpoint's refusal means what its row says, at a sign-in and at a renewal", () => {
  const meaning = (status: number, error: string, renewed: typeof LASTING | typeof OVER | null) =>
    refuseToken(REFUSALS, answerOf(status, { error, error_description: "No." }), renewed).code;
  assert.equal(meaning(400, "invalid_client", LASTING), "UNEXPECTED_RESPONSE");
  assert.equal(meaning(400, "invalid_grant", null), "AUTH_EXPIRED");
  assert.equal(meaning(400, "invalid_grant", LASTING), "AUTH_REVOKED");
  assert.equal(meaning(400, "invalid_grant", OVER), "AUTH_EXPIRED");
  assert.equal(meaning(418, "invalid_grant", LASTING), "UNEXPECTED_RESPONSE");
});

test("limits, outages and responses that are no refusals say nothing about the account", () => {
  const error = (status: number, body: unknown) => refuseToken(REFUSALS, answerOf(status, body), LASTING);
  assert.deepEqual([error(429, {}).code, error(429, {}).retryAfterSeconds], ["RATE_LIMITED", 90]);
  assert.equal(error(503, { error: "invalid_grant" }).code, "PLATFORM_UNAVAILABLE");
  for (const body of ["<html>No</html>", {}, { error: { code: 1 } }])
    assert.equal(error(400, body).code, "UNEXPECTED_RESPONSE");
});

test("the platform's own words are kept without secrets", () => {
  const words = { error: "invalid_grant", error_description: "refresh_token=hunter2 is over" };
  const { platformError } = refuseToken(REFUSALS, answerOf(400, words), LASTING, "r-1");
  assert.deepEqual(platformError, {
    status: 400,
    code: "invalid_grant",
    message: "refresh_token=[redacted] is over",
    requestId: "r-1",
  });
});
