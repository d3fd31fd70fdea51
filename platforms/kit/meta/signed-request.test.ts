import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { readSignedRequest } from "./signed-request.ts";

/** Made with OpenSSL: openssl dgst -sha256 -hmac fb-secret -binary, in base64url. */
const PAYLOAD =
  "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTc2NDgxNjAwMCwidXNlcl9pZCI6IjEwMjAwMDAwMDAwMDAwMDAxIn0";

const SIGNATURE = "QBd2gulIeH6Sc911KDHTtVohmm72ZafjncFh0fSoFzY";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (payload: string, secret = "fb-secret", algorithm = "sha256") =>
  `${createHmac(algorithm, secret).update(payload).digest("base64url")}.${payload}`;
const CONTENT = { algorithm: "HMAC-SHA256", issued_at: 1_764_816_000, user_id: "10200000000000001" };

test("a signed request says who it is about and when it was issued, and by which secret it is signed", () => {
  assert.equal(encode(CONTENT), PAYLOAD);
  const read = readSignedRequest(`${SIGNATURE}.${PAYLOAD}`);
  assert.deepEqual(
    [read?.personId, read?.issuedAt.toISOString(), read?.isSignedBy("fb-secret"), read?.isSignedBy("another")],
    ["10200000000000001", "2025-12-04T02:40:00.000Z", true, false],
  );
});

test("a changed payload or signature is not signed", () => {
  const other = encode({ ...CONTENT, user_id: "10200000000000002" });
  const [signature = ""] = sign(PAYLOAD).split(".");
  for (const text of [
    `${signature}.${other}`,
    `${signature.slice(0, -2)}.${PAYLOAD}`,
    `${signature}AAAA.${PAYLOAD}`,
    sign(PAYLOAD, "fb-secret", "sha1"),
    sign(PAYLOAD, ""),
  ])
    assert.equal(readSignedRequest(text)?.isSignedBy("fb-secret"), false, text);
});

test("a person's ID beyond 2^53 keeps its digits when it comes as a number", () => {
  const payload = Buffer.from(
    '{"algorithm":"HMAC-SHA256","issued_at":1764816000,"user_id":17841405793187218}',
  ).toString("base64url");
  assert.equal(readSignedRequest(sign(payload))?.personId, "17841405793187218");
});

test("other algorithms and formats are not read", () => {
  for (const text of [
    "",
    ".",
    PAYLOAD,
    `.${PAYLOAD}`,
    `${sign(PAYLOAD)}.more`,
    `${sign(PAYLOAD)}\n`,
    sign("not-json"),
    sign(encode({ ...CONTENT, algorithm: "none" })),
    sign(encode({ ...CONTENT, algorithm: "AES-256-CBC HMAC-SHA256" })),
    sign(encode({ ...CONTENT, user_id: "'; drop table" })),
    sign(encode({ ...CONTENT, user_id: undefined })),
    sign(encode({ ...CONTENT, issued_at: undefined })),
    sign(encode({ ...CONTENT, issued_at: 1e300 })),
    sign(encode({ ...CONTENT, more: "x".repeat(5000) })),
  ])
    assert.equal(readSignedRequest(text), null, text);
});
