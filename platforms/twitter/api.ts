import type { z } from "zod";

import { unreadable } from "../kit/errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../kit/http.ts";
import type { AccountLimit } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { classifyX, type CallKind } from "./errors.ts";

export const API = "https://api.x.com/2";
export const MEDIA_API = `${API}/media`;

/**
 * Sends a request and reads its response. Throws a BrokerError if X rejects it, a TransportError if there was no
 * response.
 */
export async function callX<T>(
  http: HttpClient,
  schema: z.ZodType<T>,
  request: HttpRequest,
  place: CallKind = "elsewhere",
): Promise<T> {
  return readX(schema, await http.send(request), place);
}

/** The response, parsed by the schema. Throws a BrokerError for every unsuccessful response. */
export function readX<T>(schema: z.ZodType<T>, answer: HttpAnswer, place: CallKind = "elsewhere"): T {
  if (answer.status < 200 || answer.status > 299) throw classifyX(answer, place);
  const parsed = schema.safeParse(answer.json());
  if (parsed.success) return parsed.data;
  throw unreadable("X", answer, answer.headers["x-transaction-id"] ?? null, parsed.error);
}

/** The account's token, used by every request except sign-in. */
export function bearer({ accessToken }: { accessToken: string }): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` };
}

/**
 * What X says of the account's posts in its window of 15 minutes. It does so in every response: nothing while at least
 * half of the declared limit is left. Source: X docs, rate limits, 2026-08-22.
 */
export function postLimits({ headers }: HttpAnswer): AccountLimit[] {
  const most = count(headers["x-rate-limit-limit"]);
  const left = count(headers["x-rate-limit-remaining"]);
  if (most === null || left === null || left > most) return [];
  const { max } = capabilities.quotas[0];
  return most === max && left >= max / 2 ? [] : [{ name: "posts", most, used: most - left }];
}

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** X accepts times without fractions. */
export function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
