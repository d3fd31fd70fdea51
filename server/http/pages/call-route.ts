import { AsyncLocalStorage } from "node:async_hooks";

import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { jsonOrNull } from "../../../model/json-or-null.ts";
import type { Services } from "../../domain/services.ts";
import { type Outcome, refusedOf } from "./call-operation.ts";

export interface RouteCall {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: object;
}

/**
 * Calls an `/api/auth` route in this process for the current browser, with the same checks and limits. Cookies set by
 * the route go to the browser. The caller has checked that the request comes from one of our own pages.
 */
export async function callRoute(
  { settings }: Pick<Services, "settings">,
  request: FastifyRequest,
  reply: FastifyReply,
  { method, path, body }: RouteCall,
): Promise<Outcome> {
  const { host, cookie, "user-agent": userAgent, "accept-language": language } = request.headers;
  const inject = () =>
    request.server.inject({
      method,
      url: path,
      remoteAddress: request.ip,
      headers: {
        ...(host === undefined ? {} : { host }),
        ...(cookie === undefined ? {} : { cookie }),
        ...(userAgent === undefined ? {} : { "user-agent": userAgent }),
        ...(language === undefined ? {} : { "accept-language": language }),
        origin: settings.appUrl,
        "sec-fetch-site": "same-origin",
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
  const answer = await outerIds.run(request.id, async () => await inject());
  const cookies = answer.headers["set-cookie"];
  if (cookies !== undefined) reply.header("set-cookie", cookies);
  return outcomeOf(answer.statusCode, answer.body);
}

const outerIds = new AsyncLocalStorage<string>();

/** The ID of the request for which a page calls a route: everything is logged under it. */
export function outerRequestId(): string | undefined {
  return outerIds.getStore();
}

const refusalBody = z.object({
  error: z.string(),
  issues: z.array(z.object({ rule: z.string(), path: z.string(), message: z.string(), fix: z.string() })),
});

function outcomeOf(status: number, text: string): Outcome {
  const body = jsonOrNull(text);
  if (status < 400) return { ok: true, status, body, etag: undefined, replayed: false };
  const read = refusalBody.safeParse(body).data;
  const refused =
    read === undefined
      ? refusedOf("Something went wrong. Try again in a moment.", [])
      : refusedOf(read.error, read.issues);
  return { ok: false, status, refused };
}
