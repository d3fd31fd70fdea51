import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

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
 * request is one of our own pages'.
 */
export async function callRoute({ settings }: Pick<Services, "settings">, request: FastifyRequest, reply: FastifyReply, { method, path, body }: RouteCall): Promise<Answered> {
  const { host, cookie, "user-agent": userAgent, "accept-language": language } = request.headers;
  const answer = await request.server.inject({
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
  const cookies = answer.headers["set-cookie"];
  if (cookies !== undefined) reply.header("set-cookie", cookies);
  return { ok: answer.statusCode < 400, status: answer.statusCode, body: parse(answer.body) };
}

/** What a route refused, for people: the sentence for the whole, and those about single fields by their name. */
export interface Refused {
  message: string;
  /** The route's code: ours, or the sign-in library's. */
  code: string;
  fields: Readonly<Record<string, string>>;
}

const refusalBody = z.object({
  error: z.string().optional(),
  message: z.string().optional(),
  code: z.string().optional(),
  issues: z.array(z.object({ path: z.string(), message: z.string(), fix: z.string() })).optional(),
});

/** Reads a refusal, of our own shape or of the sign-in library's. */
export function readRefusal({ status, body }: Answered): Refused {
  const read = refusalBody.safeParse(body);
  const { error, message, code = "", issues = [] } = read.success ? read.data : {};
  const fields = Object.fromEntries(issues.map((issue) => [issue.path.split("/")[1] ?? "", sentence(issue.message)]).reverse());
  const whole = issues.find(({ path }) => path === "");
  const told = whole === undefined ? (error ?? message ?? "") : `${sentence(whole.message)} ${whole.fix}`;
  if (status === 429 && error === undefined) return { message: "Too many attempts. Wait a while, then try again.", code: "RATE_LIMITED", fields };
  return { message: told === "" ? "That did not work. Try again in a moment." : sentence(told), code, fields };
}

export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
