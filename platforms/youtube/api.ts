import type { z } from "zod";

import type { HttpAnswer, HttpClient } from "../kit/http.ts";
import { errorOf } from "./errors.ts";

const API = "https://www.googleapis.com/youtube/v3";

/** Who calls: a step, or a sign-in with the token it has got. */
interface YoutubeClient {
  http: HttpClient;
  accessToken: string;
}

/** Reads a resource. Throws the BrokerError that a refusal means. */
export async function readResource<T>(
  caller: YoutubeClient,
  schema: z.ZodType<T>,
  resource: string,
  query: Record<string, string>,
): Promise<T> {
  return readYoutube(schema, await askFor(caller, resource, query));
}

/** The same, before the answer is read. */
export function askFor({ http, accessToken }: YoutubeClient, resource: string, query: Record<string, string>) {
  return http.send({ method: "GET", url: `${API}/${resource}`, query, headers: bearer({ accessToken }) });
}

/** Throws the BrokerError that a refusal means, or another error where a success cannot be read. */
export function readYoutube<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  return schema.parse(answer.json());
}

export function bearer({ accessToken }: { accessToken: string }): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` };
}
