import type { z } from "zod";

import { call, type Connection, path as encodedPath } from "../../client/call.ts";
import type { AmpostError } from "../../client/errors.ts";
import type { Operation } from "../../contract/operation.ts";
import type { Mode } from "../../model/platform-names.ts";
import { inWorkspace } from "../shell/workspace.ts";
import { randomId } from "./random-id.ts";

export const connection: Connection = {
  apiKey: null,
  baseUrl: location.origin,
  fetch: (input, init) => fetch(input, init),
  retries: 2,
  timeoutSeconds: 60,
  random: Math.random,
  pause: (seconds) => new Promise((resume) => setTimeout(resume, seconds * 1000)),
};

export interface Given<Asked extends Operation> {
  params?: z.input<Asked["params"]>;
  query?: z.input<Asked["query"]>;
  body?: z.input<Asked["body"]> | FormData;
  /** The ETag that the object must still have. */
  ifMatch?: string | undefined;
  /** Identifies a write across clicks; by default each call is a new one. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export type Answer<Asked extends Operation> = z.output<Asked["answer"]> & { etag: string | null };

/** Runs an operation of the API for the signed-in user. Rejects with an AmpostError. */
export async function ask<Asked extends Operation>(
  { method, path }: Asked,
  mode: Mode,
  { params, query, body, ifMatch, idempotencyKey = randomId(), signal }: Given<Asked> = {},
): Promise<Answer<Asked>> {
  const { answer, headers } = await call<z.output<Asked["answer"]>>(connection, {
    method,
    path: addressOf(path, Object(params)),
    query: { ...Object(query), mode, ...inWorkspace },
    ...(body !== undefined && { body: Object(body) }),
    ...(method === "GET" ? {} : { idempotencyKey }),
    ...(ifMatch !== undefined && { headers: { "if-match": ifMatch } }),
    ...(signal !== undefined && { signal }),
  });
  return Object.assign(Object(answer), { etag: headers.get("etag") });
}

/** Whether Ampost could not be reached: it has refused nothing. */
export function isUnreachable({ code }: AmpostError): boolean {
  return code === "CONNECTION_FAILED" || code === "TIMED_OUT";
}

/** "/api/v1/posts/:id" with its parameters' values. */
export function addressOf(pattern: string, params: object): string {
  const values = new Map(Object.entries(params));
  return pattern
    .split("/")
    .map((part) => (part.startsWith(":") ? encodedPath`${String(values.get(part.slice(1)) ?? "")}` : part))
    .join("/");
}
