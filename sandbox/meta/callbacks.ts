import { createHmac } from "node:crypto";

import { z } from "zod";

import type { PlatformName } from "../../model/platform-names.ts";
import { guardedFetch, GuardedFetchError } from "../../platforms/kit/guarded-fetch.ts";
import type { App } from "../identity.ts";
import { integer, integerOrNull, text, textOrNull } from "../store.ts";
import type { World } from "../world.ts";
import { settingsOf } from "./apps.ts";

/**
 * The callbacks that Meta demands of every app: one when a person removes the app, one when they ask for the deletion
 * of their data. Source: Facebook Login docs, data deletion callback; Threads and Instagram, their uninstall and delete
 * callbacks; 2026.
 */
export type CallbackKind = "deauthorize" | "data_deletion";

/** A callback as `GET /_sandbox/callbacks` lists it. */
export interface Callback {
  at: string;
  platform: string;
  kind: CallbackKind;
  clientId: string;
  userId: string;
  /** Null if the app has none. */
  url: string | null;
  /** Null if there was no response. */
  status: number | null;
  /** The beginning of the response's body. */
  body: string;
  /** What is wrong with the response; null if nothing is. */
  problem: string | null;
}

export const CALLBACKS_SCHEMA = `
CREATE TABLE IF NOT EXISTS meta_callbacks (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, platform TEXT NOT NULL, kind TEXT NOT NULL, client_id TEXT NOT NULL,
  user_id TEXT NOT NULL, url TEXT, status INTEGER, body TEXT NOT NULL, problem TEXT);`;

/** Emptied by a reset. */
export const CALLBACKS_RESET = { meta_callbacks: "seq" };

const MAX_BYTES = 16_384;
const TOTAL_SECONDS = 20;

/** Sends it, and returns what to record once it is over. It never rejects. */
export async function callBack(
  world: World,
  { app, kind, userId }: { app: App; kind: CallbackKind; userId: string },
): Promise<Callback> {
  const now = world.clock.now();
  const { deauthorizeUrl, dataDeletionUrl } = settingsOf(app);
  const url = (kind === "deauthorize" ? deauthorizeUrl : dataDeletionUrl) ?? null;
  const callback = {
    at: new Date(now).toISOString(),
    platform: app.platform,
    kind,
    clientId: app.clientId,
    userId,
    url,
    status: null,
    body: "",
  };
  if (url === null) return { ...callback, problem: "The app has no URL for this callback." };
  const issuedAt = Math.floor(now / 1000);
  const signed = signRequest(app.clientSecret, {
    user_id: userId,
    algorithm: "HMAC-SHA256",
    issued_at: issuedAt,
    ...(app.platform === "instagram" && { expires: issuedAt + 3600 }),
  });
  try {
    const { status, body } = await post(world, url, new URLSearchParams({ signed_request: signed }).toString());
    return { ...callback, status, body, problem: problemOf(kind, status, body) };
  } catch (error) {
    if (!(error instanceof GuardedFetchError)) throw error;
    return { ...callback, problem: error.message };
  }
}

export function recordCallback({ store }: World, callback: Callback): void {
  store.run(
    `INSERT INTO meta_callbacks (at, platform, kind, client_id, user_id, url, status, body, problem)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    Date.parse(callback.at),
    callback.platform,
    callback.kind,
    callback.clientId,
    callback.userId,
    callback.url,
    callback.status,
    callback.body,
    callback.problem,
  );
}

/** Newest first. */
export function listCallbacks({ store }: World, platform: PlatformName): Callback[] {
  return store
    .all("SELECT * FROM meta_callbacks WHERE platform = ? ORDER BY seq DESC LIMIT 200", platform)
    .map((row) => ({
      at: new Date(integer(row, "at")).toISOString(),
      platform: text(row, "platform"),
      kind: z.enum(["deauthorize", "data_deletion"]).parse(text(row, "kind")),
      clientId: text(row, "client_id"),
      userId: text(row, "user_id"),
      url: textOrNull(row, "url"),
      status: integerOrNull(row, "status"),
      body: text(row, "body"),
      problem: textOrNull(row, "problem"),
    }));
}

/** Two parts in base64url: the signature of the second part, and the payload. */
export function signRequest(secret: string, payload: Record<string, unknown>): string {
  const encoded = Buffer.from(JSON.stringify(payload)).toString("base64url");
  return `${createHmac("sha256", secret).update(encoded).digest("base64url")}.${encoded}`;
}

const DeletionAnswer = z.object({ url: z.url({ protocol: /^https?$/ }), confirmation_code: z.string().min(1) });

/** The page on which the person follows the deletion, and its code; null if the response has none. */
export function deletionOf(body: string): { url: string; code: string } | null {
  try {
    const { url, confirmation_code: code } = DeletionAnswer.parse(JSON.parse(body));
    return { url, code };
  } catch {
    return null;
  }
}

function problemOf(kind: CallbackKind, status: number, body: string): string | null {
  if (status !== 200) return `It returned ${status} instead of 200.`;
  if (kind === "data_deletion" && deletionOf(body) === null)
    return 'It did not return JSON with "url" and "confirmation_code".';
  return null;
}

async function post({ door }: World, url: string, body: string): Promise<{ status: number; body: string }> {
  const answer = await guardedFetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "user-agent": "facebookexternalua" },
    body,
    allowPrivate: door.allowPrivate,
    ...(door.appUrl === null ? {} : { ownUrl: `${door.appUrl}/` }),
    maxBytes: MAX_BYTES,
    maxRedirects: 0,
    totalSeconds: TOTAL_SECONDS,
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return { status: answer.status, body: Buffer.concat(chunks).toString() };
}
