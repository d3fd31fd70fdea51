import { randomBytes } from "node:crypto";

import type { FastifyReply, FastifyRequest } from "fastify";

import { bindingOf } from "../oauth/authorizations.ts";

/** As long as a platform sign-in and the choice after it can take, with time to retry. */
const LIFETIME_SECONDS = 3600;

const SECRET_FORM = /^[\w-]{43}$/;

/** What ties a browser without a session to its platform sign-ins; null if it has started none. */
export function readBrowserBinding(request: FastifyRequest, appUrl: string): Buffer | null {
  const secret = readSecret(request, appUrl);
  return secret === null ? null : bindingOf("browser", secret);
}

/** The same; a browser that has none gets the random cookie behind it. */
export function giveBrowserBinding(request: FastifyRequest, reply: FastifyReply, appUrl: string): Buffer {
  const secret = readSecret(request, appUrl) ?? randomBytes(32).toString("base64url");
  const secure = isSecure(appUrl) ? "; Secure" : "";
  // Lax: it must be sent when the platform redirects the browser back.
  reply.header(
    "set-cookie",
    `${nameOf(appUrl)}=${secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${LIFETIME_SECONDS}${secure}`,
  );
  return bindingOf("browser", secret);
}

function readSecret(request: FastifyRequest, appUrl: string): string | null {
  const prefix = `${nameOf(appUrl)}=`;
  const found =
    (request.headers.cookie ?? "")
      .split("; ")
      .find((pair) => pair.startsWith(prefix))
      ?.slice(prefix.length) ?? "";
  return SECRET_FORM.test(found) ? found : null;
}

/** The prefix makes browsers reject a cookie set by another host. */
function nameOf(appUrl: string): string {
  return isSecure(appUrl) ? "__Host-ampost_connect" : "ampost_connect";
}

function isSecure(appUrl: string): boolean {
  return appUrl.startsWith("https:");
}
