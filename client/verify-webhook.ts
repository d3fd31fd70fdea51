import type { Account, EventType, Mode, Post } from "./types.ts";

/** A webhook event. */
export interface WebhookEvent {
  type: EventType | "webhook.test";
  /** When it happened. */
  timestamp: string;
  /** Increases from event to event, and orders the events of a post. Null for `webhook.test`. */
  sequence: number | null;
  /** Counts the events of the post: 1, 2, 3, …. Null if the event is not about a post. */
  postSequence: number | null;
  mode: Mode;
  /** The object, as it was when this event was first sent; null if it has been deleted. */
  data: { post?: Post | null; platformPostId?: string; account?: Account | null; [member: string]: unknown };
}

export interface WebhookRequest {
  /** The raw request body, byte for byte: parsing and serializing it again changes the signature. */
  body: string | Uint8Array<ArrayBuffer>;
  /** The request's headers, in any format your framework uses. */
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The webhook's secret, `whsec_…`; several during a rotation. */
  secret: string | readonly string[];
  /** The maximum difference between its timestamp and now, in either direction. Default: 300 seconds. */
  toleranceSeconds?: number;
  /** The current time, in milliseconds since 1970. */
  now?(): number;
}

/** A request that Ampost did not send, or did not send recently. Respond with 400. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

/**
 * The event in a webhook request, after verifying that Ampost sent it (https://www.standardwebhooks.com). The
 * `webhook-id` header is the same whenever the same event is resent. Rejects with a WebhookVerificationError.
 */
export async function verifyWebhook({
  body,
  headers,
  secret,
  toleranceSeconds = 300,
  now = Date.now,
}: WebhookRequest): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    headerOf(headers, name),
  );
  if (id === undefined || timestamp === undefined || signatures === undefined)
    throw new WebhookVerificationError("The headers webhook-id, webhook-timestamp and webhook-signature are required.");
  const awaySeconds = Math.abs(now() / 1000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp) || awaySeconds > toleranceSeconds)
    throw new WebhookVerificationError(
      "The timestamp is too old or too new: the request may be a replay, or the clock may be wrong.",
    );
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const secrets = typeof secret === "string" ? [secret] : secret;
  const verdicts = await Promise.all(secrets.map((each) => isSignedBy(each, `${id}.${timestamp}.${text}`, signatures)));
  if (!verdicts.includes(true))
    throw new WebhookVerificationError(
      "No signature matches: the secret belongs to another webhook, or the body has changed.",
    );
  const event: WebhookEvent = JSON.parse(text);
  return event;
}

async function isSignedBy(secret: string, signed: string, signatures: string): Promise<boolean> {
  const key = await crypto.subtle.importKey(
    "raw",
    fromBase64(secret.replace(/^whsec_/, "")),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const given = signatures.split(" ").flatMap((signature) => (signature.startsWith("v1,") ? [signature.slice(3)] : []));
  const verdicts = await Promise.all(
    given.map((signature) =>
      crypto.subtle.verify("HMAC", key, fromBase64(signature), new TextEncoder().encode(signed)),
    ),
  );
  return verdicts.includes(true);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new WebhookVerificationError("The secret or a signature is not base64.");
  }
}

function headerOf(headers: WebhookRequest["headers"], name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  return typeof value === "string" ? value : value?.[0];
}
