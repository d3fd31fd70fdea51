import { createHmac, timingSafeEqual } from "node:crypto";

import type { Token } from "../../../sandbox/identity.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { decode } from "../../../sandbox/routes.ts";
import { textOrNull } from "../../../sandbox/store.ts";

/** Calls signed by OAuth 1.0a, HMAC-SHA1. Source: RFC 5849; X docs, creating a signature and authorizing a request. */

/** The kind of an access token that signs, as opposed to one that is sent along. */
export const SIGNED_KIND = "oauth1";

export const NONCES_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_nonces (
  consumer TEXT NOT NULL, nonce TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (consumer, nonce)) WITHOUT ROWID;`;

const CLOCK_MS = 5 * 60_000;

export function isBearer(call: Call): boolean {
  return /^Bearer\s/i.test(call.headers["authorization"] ?? "");
}

/** Whether the token's app signed this call with both secrets, now, and for the first time. */
export function isSigned(call: Call, token: Token): boolean {
  const app = call.world.identity.app("twitter", token.clientId);
  const row = call.world.store.get("SELECT secret FROM twitter_secrets WHERE token = ?", token.token);
  const signed = readSignature(call);
  return (
    app !== undefined &&
    signed["oauth_consumer_key"] === app.clientId &&
    whyUnsigned(call, app.clientSecret, textOrNull(row, "secret") ?? "") === null
  );
}

/** Null if the signature is right; otherwise which part of it is wrong. */
export function whyUnsigned(call: Call, consumerSecret: string, tokenSecret: string): "signature" | "timestamp" | null {
  const signed = readSignature(call);
  const { oauth_nonce: nonce = "", oauth_timestamp: timestamp = "", oauth_consumer_key: consumer = "" } = signed;
  if (signed["oauth_signature_method"] !== "HMAC-SHA1" || nonce === "" || !/^\d{1,12}$/.test(timestamp))
    return "signature";
  const key = `${encode(consumerSecret)}&${encode(tokenSecret)}`;
  const isRight = urlsOf(call).some((url) => {
    const expected = createHmac("sha1", key)
      .update(baseString(call, url, signed))
      .digest();
    const given = Buffer.from(signed["oauth_signature"] ?? "", "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isRight) return "signature";
  // Clients sign by the machine's clock, which the sandbox's may be ahead of.
  const at = Number(timestamp) * 1000;
  if (Math.min(Math.abs(at - call.now), Math.abs(at - Date.now())) > CLOCK_MS) return "timestamp";
  return useNonce(call, consumer, nonce) ? null : "signature";
}

/** The parameters of the `Authorization` header; empty if the call is not signed. */
export function readSignature(call: Call): Partial<Record<string, string>> {
  const header = /^OAuth\s+(.*)$/is.exec(call.headers["authorization"] ?? "")?.[1] ?? "";
  return Object.fromEntries(
    [...header.matchAll(/\b([A-Za-z_]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, decode(value)]),
  );
}

/** False if it was used before. */
function useNonce({ world, now }: Call, consumer: string, nonce: string): boolean {
  world.store.run("DELETE FROM twitter_nonces WHERE at < ?", now - 3 * CLOCK_MS);
  return (
    world.store.run("INSERT INTO twitter_nonces VALUES (?, ?, ?) ON CONFLICT DO NOTHING", consumer, nonce, now) > 0
  );
}

/** X's own URL, and the sandbox's, for clients whose base URL is that. */
function urlsOf(call: Call): string[] {
  const url = call.url.replace(/\?.*$/s, "");
  return [url, `http://${call.headers["host"] ?? ""}${url.slice("https:/".length)}`];
}

function baseString(call: Call, url: string, signed: Partial<Record<string, string>>): string {
  const { oauth_signature: _signature, realm: _realm, ...own } = signed;
  const isForm = /^application\/x-www-form-urlencoded/i.test(call.headers["content-type"] ?? "");
  const fields = isForm && call.body.kind === "fields" ? Object.entries(call.body.fields) : [];
  const pairs = [
    ...Object.entries(own).map(([name, value = ""]): [string, string] => [name, value]),
    // twitter-api-v2 also sends the header's `oauth_token` as a field, and signs it once.
    ...[
      ...call.query,
      ...fields.flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value])),
    ].filter(([name]) => !Object.hasOwn(own, name)),
  ];
  const sorted = pairs
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .sort(([one, first], [other, second]) => compare(one, other) || compare(first, second))
    .map((pair) => pair.join("="));
  return [call.method, url, sorted.join("&")].map(encode).join("&");
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** RFC 3986, which leaves fewer characters alone than JavaScript does. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
