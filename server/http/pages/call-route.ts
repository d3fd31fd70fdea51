import { AsyncLocalStorage } from "node:async_hooks";

import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { PublicError } from "../../../model/errors.ts";
import type { Services } from "../../domain/services.ts";

/** What a route of ours answered. */
export interface Answered {
  ok: boolean;
  status: number;
  /** The parsed JSON; null where there is none. */
  body: unknown;
}

export interface RouteCall {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: object;
}

/**
 * Calls a session route in this process, for the person whose request is being answered: a form does what the dashboard
 * does, by the same checks and limits. Cookies that the route sets go to the browser. The caller has made sure that the
 * request is one of our own pages'. Throws NOT_FOUND for an id that would lead to another route.
 */
export async function callRoute(
  { settings }: Pick<Services, "settings">,
  request: FastifyRequest,
  reply: FastifyReply,
  { method, path, body }: RouteCall,
): Promise<Answered> {
  if (/\/\.{0,2}(?:\/|$)/.test(path.replace(/\?.*/s, "")))
    throw new PublicError("NOT_FOUND", "There is nothing at this address");
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
  return { ok: answer.statusCode < 400, status: answer.statusCode, body: parse(answer.body) };
}

const outerIds = new AsyncLocalStorage<string>();

/** The id of the request for which a page calls a route: all that is done for it is logged and written down under that. */
export function outerRequestId(): string | undefined {
  return outerIds.getStore();
}

/** What a route refused, for people: the sentence for the whole, and those about single fields by their name. */
export interface Refused {
  message: string;
  /** The rule that was broken first, such as "auth.email_not_verified"; empty where none is named. */
  rule: string;
  fields: Readonly<Partial<Record<string, string>>>;
}

const refusalBody = z.object({
  error: z.string(),
  issues: z.array(z.object({ rule: z.string(), path: z.string(), message: z.string(), fix: z.string() })),
});

export function readRefusal({ body }: Answered): Refused {
  const read = refusalBody.safeParse(body);
  if (!read.success) return { message: "Something went wrong. Try again in a moment.", rule: "", fields: {} };
  const { error, issues } = read.data;
  // The first issue of a field is shown.
  const fields = Object.fromEntries(
    issues
      .filter(({ path }) => path !== "")
      .map(({ path, message }) => [path.split("/")[1] ?? "", sentence(message)])
      .reverse(),
  );
  const whole = issues.find(({ path }) => path === "");
  return {
    message: whole === undefined ? sentence(error) : `${sentence(whole.message)} ${whole.fix}`,
    rule: issues[0]?.rule ?? "",
    fields,
  };
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
