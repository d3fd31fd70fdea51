import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/**
 * What in a request says whose it is, in the form that cells are asked for it: secrets only as SHA-256, in hexadecimal,
 * so that no cell learns a secret of another's tenant.
 */
export interface Clues {
  digests: string[];
  /** Public IDs, and upload URLs, which every cell can open. */
  ids: string[];
  email: string | null;
}

export interface Whose {
  /** Asked for in turn, until a cell knows one. */
  clues: Clues[];
  /** Whether the first is a key or a session, whose cell can be remembered for a moment. */
  isCredential: boolean;
  /** Whether the body says it. */
  isInBody: boolean;
}

/** Paths that people open from elsewhere, with something in the URL that counts more than who is signed in. */
const OF_URL =
  /^\/(?:media|connect|connections|join|unsubscribe|verify-email|reset-password|meta\/data-deletion)\/?|^\/api\/platforms\/|^\/api\/v1\/media\/upload-urls\//;

const FORMS = /^application\/(?:x-www-form-urlencoded|json)\b/i;

export function whoseIs(method: string, url: string, headers: IncomingHttpHeaders): Whose {
  const key = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  if (key !== undefined) return { clues: [{ ...NONE, digests: [sha256(key)] }], isCredential: true, isInBody: false };
  const session = sessionOf(headers.cookie ?? "");
  const ofSession = session === null ? [] : [{ ...NONE, digests: [sha256(session)] }];
  const ofUrl = OF_URL.test(url) ? [cluesIn(valuesOf(url))] : [];
  const isForm = method === "POST" && FORMS.test(headers["content-type"] ?? "");
  return {
    clues: [...ofUrl, ...ofSession],
    isCredential: ofUrl.length === 0 && session !== null,
    isInBody: isForm && session === null && ofUrl.length === 0,
  };
}

/** What a small form or JSON object says, whatever its fields are called. */
export function cluesInBody(text: string): Clues {
  const fields = text.trimStart().startsWith("{") ? jsonOf(text) : Object.fromEntries(new URLSearchParams(text));
  const values = Object.values(fields).filter((value) => typeof value === "string");
  const clues = cluesIn(values);
  return { ...clues, email: emailOf(fields["email"]) ?? clues.email };
}

const NONE: Clues = { digests: [], ids: [], email: null };

/** How many values of a request are asked for, so that nobody can make cells look up thousands. */
const MOST_VALUES = 20;

function cluesIn(values: readonly string[]): Clues {
  const telling = values.filter((value) => value.length >= 16 && value.length <= 2_000).slice(0, MOST_VALUES);
  return {
    // The sign-in library keeps the hash of what a token is for and the token.
    digests: telling.flatMap((value) => [sha256(value), sha256(`reset-password:${value}`)]),
    ids: telling.filter((value) => /^(?:[0-9a-f-]{36}|user_[0-9a-f-]{36}|v1\.[0-9a-f]{8}\.\S+)$/.test(value)),
    email: telling.map(emailIn).find((email) => email !== null) ?? null,
  };
}

function valuesOf(url: string): string[] {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  return [...pathname.split("/").map(decode), ...searchParams.values()];
}

/** The token of the sign-in library's cookie, before its signature. */
function sessionOf(cookies: string): string | null {
  const value = /(?:^|;\s*)(?:__Secure-)?ampost\.session_token=([^;]+)/.exec(cookies)?.[1];
  if (value === undefined) return null;
  return decode(value).split(".").slice(0, -1).join(".") || null;
}

/** The links that confirm an address have a signed token with the address. It is only where to ask. */
function emailIn(token: string): string | null {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  return emailOf(jsonOf(Buffer.from(parts[1] ?? "", "base64url").toString())["email"]);
}

/** Cells refuse to look for a longer one. */
const MOST_EMAIL_CHARACTERS = 1_000;

function emailOf(email: unknown): string | null {
  return typeof email === "string" && email.length <= MOST_EMAIL_CHARACTERS ? email : null;
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
