import { setTimeout as sleep } from "node:timers/promises";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { parseInput, refuseHostile } from "../../../contract/forms/parse.ts";
import type { Operation } from "../../../contract/operation.ts";
import { isOwnPath } from "../../../contract/operations/connections.ts";
import { setUpForm, signUpForm } from "../../../contract/operations/sign-up.ts";
import { PublicError, type PublicCode } from "../../../model/errors.ts";
import { STATUS_CODES } from "../../../model/node-http.ts";
import type { Auth } from "../../auth/auth.ts";
import { refuseForeign } from "../../calls/authenticate.ts";
import { requireAppHost } from "../../calls/hosts.ts";
import { readBody } from "../../calls/read-body.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import type { Origin } from "../../domain/call.ts";
import type { Services } from "../../domain/services.ts";
import { rejectField } from "../../domain/users/reject-field.ts";
import { completeSetUp } from "../../domain/users/set-up.ts";
import { acceptInvite, signUp } from "../../domain/users/sign-up.ts";
import { joinAsNewUser } from "../../domain/workspaces/member-invites.ts";
import { safeRedirect } from "../pages/safe-redirect.ts";

/** The sign-in library's routes available under /api/auth. Everything else is ours, or unavailable. */
const OFFERED = {
  GET: [
    "/verify-email",
    "/passkey/generate-register-options",
    "/passkey/generate-authenticate-options",
    "/passkey/list-user-passkeys",
  ],
  POST: [
    "/sign-in/email",
    "/sign-out",
    "/send-verification-email",
    "/request-password-reset",
    "/reset-password",
    "/change-password",
    "/change-email",
    "/two-factor/enable",
    "/two-factor/disable",
    "/two-factor/verify-totp",
    "/two-factor/verify-backup-code",
    "/two-factor/generate-backup-codes",
    "/two-factor/get-totp-uri",
    "/passkey/verify-registration",
    "/passkey/verify-authentication",
    "/passkey/delete-passkey",
    "/passkey/update-passkey",
  ],
} as const;

/**
 * Signing in over HTTP, on the app's host only. Answers never carry a session's token: it is in the cookie, out of
 * scripts' reach.
 */
export function addAuthRoutes(scope: FastifyInstance, services: Services): void {
  requireAppHost(scope, services.settings);
  addWaysIn(scope, services);
  for (const method of ["GET", "POST"] as const) {
    for (const path of OFFERED[method]) {
      scope.route({
        method,
        url: `/api/auth${path}`,
        handler: async (request, reply) => {
          // The library knows nothing of suspended users. They can still sign out.
          if (path !== "/sign-out") await services.sessions.find(request.headers);
          return await answer(services, request, reply);
        },
      });
    }
  }
}

/** What the library does differently from what we want: new users, and setting up the instance. */
function addWaysIn(scope: FastifyInstance, services: Services): void {
  scope.post("/api/auth/sign-up/email", async (request, reply) => {
    const { email, invite, join, ...person } = await readVisitorsBody(services, signUpForm, request);
    if (join !== undefined) {
      const joined = await joinAsNewUser(services, originOf(request), join, person);
      return await signIn(services, request, reply, { ...person, ...joined });
    }
    if (invite !== undefined) {
      const invited = await acceptInvite(services, originOf(request), invite, person);
      return await signIn(services, request, reply, { ...person, ...invited });
    }
    if (email === undefined)
      throw rejectField("signUp.email", "/email", "email is required", "Send your email address.");
    await atLeast(TIMING_SAFE_MILLISECONDS, signUp(services, originOf(request), { ...person, email }));
    return { next: "verify_email" };
  });
  scope.post("/api/auth/set-up", async (request, reply) => {
    const { token, ...person } = await readVisitorsBody(services, setUpForm, request);
    await completeSetUp(services, originOf(request), token, person);
    return await signIn(services, request, reply, person);
  });
}

async function readVisitorsBody<Body extends z.ZodType>(
  { settings }: Pick<Services, "settings">,
  form: Operation<z.ZodObject, z.ZodObject, Body>,
  request: FastifyRequest,
): Promise<z.output<Body>> {
  refuseForeign(request, settings.appUrl);
  const { body } = await readBody({ ...form, mostBytes: MOST_BYTES }, request, null);
  return parseInput(form, { params: request.params, query: request.query, body }).body;
}

/** A new user is signed in immediately. */
async function signIn(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { email, password }: { email: string; password: string },
): Promise<object> {
  const { headers } = await asVisitor(services, request, ({ api }) =>
    api.signInEmail({ body: { email, password }, headers: headersOf(request), returnHeaders: true }),
  );
  passCookies(headers, reply);
  return { next: "signed_in" };
}

/** Responses take equally long whether an email is sent or not, so that timing does not reveal who has an account. */
const TIMING_SAFE_PATHS = ["/api/auth/request-password-reset"];
const TIMING_SAFE_MILLISECONDS = 400;

async function atLeast<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  const [result] = await Promise.allSettled([work, sleep(milliseconds)]);
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

function originOf(request: FastifyRequest): Origin {
  return { actor: { kind: "visitor", id: null }, address: request.ip, requestId: request.id };
}

async function answer(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { settings } = services;
  refuseForeign(request, settings.appUrl);
  const { body } = await readBody(
    { name: "this route", takes: request.method === "POST" ? "optional" : "none", mostBytes: MOST_BYTES },
    request,
    null,
  );
  const fields = fieldsOf(body);
  const headers = headersOf(request);
  // Validated already, and the library knows the app by one name only.
  if (request.method === "POST") headers.set("origin", settings.appUrl);
  const url = new URL(request.url, settings.appUrl);
  refuseWaysElsewhere([...url.searchParams, ...Object.entries(fields)]);
  const asked = new Request(url, {
    method: request.method,
    headers,
    ...(request.method === "POST" ? { body: JSON.stringify(fields) } : {}),
  });
  const work = asVisitor(services, request, ({ handler }) => handler(asked));
  const response = await (TIMING_SAFE_PATHS.includes(request.routeOptions.url ?? "")
    ? atLeast(TIMING_SAFE_MILLISECONDS, work)
    : work);
  passCookies(response.headers, reply);
  const location = response.headers.get("location");
  // The library joins URLs by rules of its own.
  if (location !== null)
    reply.header(
      "location",
      safeRedirect(location.startsWith(`${settings.appUrl}/`) ? location.slice(settings.appUrl.length) : location, "/"),
    );
  reply.header("cache-control", "no-store");
  const text = await response.text();
  const content: unknown = text === "" ? null : JSON.parse(text);
  if (response.status >= 400) throw refusalOf(response.status, failure.safeParse(content).data);
  return await reply.code(response.status).send(withoutToken(content));
}

/** Far more than a passkey's signature or a password. */
const MOST_BYTES = 64 * 1024;

/** The fields of a body, which can be omitted. Rejects everything that has no names, and what no field can contain. */
function fieldsOf(body: unknown): object {
  if (body === undefined) return {};
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw refuseRequest("request.type", "The request body must be a JSON object", "Send a JSON object.");
  refuseHostile(body);
  return body;
}

/**
 * Rejects redirects to other sites in the library's parameters: callbackURL, redirectTo, errorCallbackURL and others.
 */
function refuseWaysElsewhere(fields: readonly (readonly [string, unknown])[]): void {
  const elsewhere = fields.find(
    ([name, value]) => /callback|redirect/i.test(name) && !(typeof value === "string" && isOwnPath(value)),
  );
  if (elsewhere !== undefined)
    throw refuseRequest(
      "auth.invalid_callback_url",
      `${elsewhere[0].slice(0, 100)} must be a path of the app`,
      "Send a path such as /settings, or leave it out.",
    );
}

/**
 * Calls the library for a visitor, whose address and request are available to everything counted and recorded. Its
 * errors are thrown in our format.
 */
async function asVisitor<Result>(
  services: Pick<Services, "auth">,
  request: FastifyRequest,
  work: (auth: Auth) => Promise<Result>,
): Promise<Result> {
  const auth = await services.auth();
  try {
    return await auth.as({ address: request.ip, requestId: request.id }, () => work(auth));
  } catch (error) {
    throw auth.isRefusal(error) ? refusalOf(error.statusCode, failure.safeParse(error.body).data) : error;
  }
}

const failure = z.object({ code: z.string().optional(), message: z.string().optional() });

function refusalOf(status: number, { code, message }: z.output<typeof failure> = {}): PublicError {
  if (status >= 500)
    return new PublicError("INTERNAL_ERROR", "Something went wrong on our side. The request itself may be fine.");
  const publicCode = PUBLIC_BY_STATUS[status] ?? "VALIDATION_FAILED";
  const reason = code ?? STATUS_CODES[status]?.replaceAll(" ", "_") ?? "refused";
  const refusal = refuseRequest(
    `auth.${reason.toLowerCase()}`,
    MESSAGES[reason] ?? message ?? "The request was rejected",
    FIXES[reason] ?? "Check the request and try again.",
    publicCode,
  );
  return publicCode === "RATE_LIMITED"
    ? new PublicError(publicCode, refusal.message, { issues: refusal.issues, headers: { "retry-after": "900" } })
    : refusal;
}

const PUBLIC_BY_STATUS: Readonly<Record<number, PublicCode>> = {
  401: "UNAUTHORIZED",
  403: "UNAUTHORIZED",
  404: "NOT_FOUND",
  429: "RATE_LIMITED",
};

/** Where the library's own words are not clear. */
const MESSAGES: Readonly<Record<string, string>> = {
  SESSION_NOT_FRESH: "This requires a recent sign-in",
};

/** How to fix the common errors. */
const FIXES: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: "Check both, or reset your password.",
  EMAIL_NOT_VERIFIED: "Open the link in the email that was just sent to the address.",
  INVALID_TOKEN: "Request a new email: its link works once, for a short time.",
  TOKEN_EXPIRED: "Request a new email: its link works for a short time.",
  INVALID_CODE: "Check your device's clock, and enter the code shown now.",
  SESSION_NOT_FRESH: "Sign in again, then retry within 15 minutes.",
};

/** The headers that the library reads. Addresses and forwarded hosts are not among them: anyone could set them. */
function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const name of [
    "cookie",
    "origin",
    "referer",
    "user-agent",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
  ]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  if (request.method === "POST") headers.set("content-type", "application/json");
  return headers;
}

function passCookies(headers: Headers, reply: FastifyReply): void {
  for (const cookie of headers.getSetCookie()) reply.header("set-cookie", cookie);
}

function withoutToken(content: unknown): unknown {
  if (typeof content !== "object" || content === null || !("token" in content)) return content;
  const { token: _token, ...rest } = content;
  return rest;
}
