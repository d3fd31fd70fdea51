import assert from "node:assert/strict";
import { test } from "node:test";

import { Webhook } from "standardwebhooks";

import { verifyWebhook, WebhookVerificationError } from "./index.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const other = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
const at = new Date("2026-12-01T09:30:00Z");
const now = () => at.getTime();
const body = JSON.stringify({
  type: "post.published",
  timestamp: at.toISOString(),
  sequence: 12,
  postSequence: 3,
  mode: "test",
  data: { post: null, note: "grüße 🎈" },
});
const signedBy = (...secrets: string[]) => ({
  "webhook-id": "01980b7a-6c00-7000-8000-000000000001",
  "webhook-timestamp": String(at.getTime() / 1000),
  "webhook-signature": secrets
    .map((each) => new Webhook(each).sign("01980b7a-6c00-7000-8000-000000000001", at, body))
    .join(" "),
});

test("what Ampost signed is accepted, in any form of headers and body", async () => {
  const headers = signedBy(secret);
  const event = await verifyWebhook({ body, headers, secret, now });
  assert.deepEqual([event.type, event.sequence, event.data.note], ["post.published", 12, "grüße 🎈"]);
  await verifyWebhook({ body: new TextEncoder().encode(body), headers: new Headers(headers), secret, now });
  await verifyWebhook({
    body,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]])),
    secret,
    now,
  });
});

test("while a secret is rotated, either one is accepted", async () => {
  await verifyWebhook({ body, headers: signedBy(other, secret), secret, now });
  await verifyWebhook({ body, headers: signedBy(secret), secret: [other, secret], now });
});

test("anything changed, old, unsigned or signed by others is rejected", async () => {
  const refused = async (request: Partial<Parameters<typeof verifyWebhook>[0]>) =>
    await assert.rejects(
      verifyWebhook({ body, headers: signedBy(secret), secret, now, ...request }),
      WebhookVerificationError,
    );
  await refused({ body: body.replace("12", "13") });
  await refused({ secret: other });
  await refused({ secret: [] });
  await refused({ now: () => at.getTime() + 301_000 });
  await refused({ now: () => at.getTime() - 301_000 });
  await refused({ headers: {} });
  await refused({ headers: { ...signedBy(secret), "webhook-timestamp": "" } });
  await refused({ headers: { ...signedBy(secret), "webhook-signature": "v1,%%%" } });
  await refused({
    headers: { ...signedBy(secret), "webhook-signature": signedBy(secret)["webhook-signature"].replace("v1,", "v2,") },
  });
  await refused({ headers: { ...signedBy(secret), "webhook-id": "another" } });
});
