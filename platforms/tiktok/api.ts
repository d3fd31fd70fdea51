import type { z } from "zod";

import { unreadable } from "../kit/errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../kit/http.ts";
import { classifyTikTok } from "./errors.ts";
import { envelope } from "./wire.ts";

export const API = "https://open.tiktokapis.com";

/** A request with the account's token; paths end with a slash. */
export function apiRequest(accessToken: string, path: string, json: unknown): HttpRequest {
  return {
    method: "POST",
    url: `${API}${path}`,
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json; charset=UTF-8" },
    json,
  };
}

/**
 * Sends a request and reads its response. Throws a BrokerError if TikTok rejects it, a TransportError if there was no
 * response.
 */
export async function callTikTok<T>(http: HttpClient, schema: z.ZodType<T>, request: HttpRequest): Promise<T> {
  return readTikTok(schema, await http.send(request));
}

/** The response, parsed by the schema. Throws a BrokerError for every unsuccessful response. */
export function readTikTok<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const parsed = envelope.safeParse(answer.json());
  if (!parsed.success || parsed.data.error.code !== "ok" || answer.status > 299) throw classifyTikTok(answer);
  const data = schema.safeParse(parsed.data.data);
  if (data.success) return data.data;
  throw unreadable("TikTok", answer, parsed.data.error.log_id ?? null, data.error);
}
