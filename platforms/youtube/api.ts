import type { z } from "zod";

import type { HttpAnswer, HttpClient } from "../kit/http.ts";
import { errorOf } from "./errors.ts";

const API = "https://www.googleapis.com/youtube/v3";

/** The caller: a step, or a sign-in with its new token. */
interface YoutubeClient {
  http: HttpClient;
  accessToken: string;
}

/** Reads a resource. Throws the BrokerError for an error response. */
export async function readResource<T>(
  caller: YoutubeClient,
  schema: z.ZodType<T>,
  resource: string,
  query: Record<string, string>,
): Promise<T> {
  return readYoutube(schema, await askFor(caller, resource, query));
}

/** The same, before the response is read. */
export function askFor({ http, accessToken }: YoutubeClient, resource: string, query: Record<string, string>) {
  return http.send({ method: "GET", url: `${API}/${resource}`, query, headers: bearer({ accessToken }) });
}

/** Creates a resource. Throws the BrokerError for an error response. */
export async function insertResource<T>(
  { http, accessToken }: YoutubeClient,
  schema: z.ZodType<T>,
  resource: string,
  query: Record<string, string>,
  json: unknown,
): Promise<T> {
  const headers = bearer({ accessToken });
  return readYoutube(schema, await http.send({ method: "POST", url: `${API}/${resource}`, query, headers, json }));
}

/** Throws the BrokerError for an error response, or another error if a successful response cannot be parsed. */
export function readYoutube<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  return schema.parse(answer.json());
}

export function bearer({ accessToken }: { accessToken: string }): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` };
}
