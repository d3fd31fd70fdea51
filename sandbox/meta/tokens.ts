import type { PlatformName } from "../../model/platform-names.ts";
import { randomSecret, type Token } from "../identity.ts";
import type { Call } from "../platform.ts";
import { integer, text } from "../store.ts";
import { checkProof } from "./apps.ts";
import { Refusal, type GraphError } from "./graph.ts";

/** Meta's access tokens. Source: Facebook Login docs, long-lived tokens, 2026-09-11; Graph API docs, error handling. */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const LONG_SECONDS = 5_183_944;
/** The expiry of tokens that do not expire. */
export const NEVER = Number.MAX_SAFE_INTEGER;

export const TOKEN_ERRORS = {
  unreadable: { message: "Invalid OAuth access token - Cannot parse access token", code: 190 },
  absent: { message: "An access token is required to request this resource.", code: 104 },
  revoked: {
    message: "Error validating access token: The user has not authorized application.",
    code: 190,
    subcode: 458,
  },
  /** With the time of the call, in Pacific time, in Meta's format. */
  expired: (now: number): GraphError => ({
    message: `Error validating access token: Session has expired on ${pacificTime(now)}.`,
    code: 190,
    subcode: 463,
  }),
  /** Source: MrSwitch/hello.js#548. */
  dataAccessEnded: {
    message: "The access token is invalid since the user hasn't engaged the app in longer than 90 days.",
    code: 190,
    subcode: 493,
  },
} as const;

/** The token used by a call, which must be valid. */
export function tokenOf(call: Call, platform: PlatformName): Token {
  if (call.accessToken === null || call.accessToken === "") throw new Refusal(TOKEN_ERRORS.absent);
  const token = call.world.identity.token(platform, call.accessToken);
  if (!token) throw new Refusal(TOKEN_ERRORS.unreadable);
  checkProof(call, token);
  checkToken(call, token);
  return token;
}

export function checkToken(call: Call, token: Token): void {
  const { now } = call;
  if (token.state === "revoked") throw new Refusal(TOKEN_ERRORS.revoked);
  if (token.state === "expired" || now >= token.expiresAt) throw new Refusal(TOKEN_ERRORS.expired(now));
  if (now >= dataAccessEndsAt(call, token)) throw new Refusal(TOKEN_ERRORS.dataAccessEnded);
}

/**
 * 90 days after the person last signed in to the app, in milliseconds since 1970; never for the tokens of Instagram's
 * own login. Source: Facebook Login docs, auth vs data, 2026.
 */
export function dataAccessEndsAt({ world }: Call, { platform, clientId, personId, kind }: Token): number {
  if (!/^(?:user|page)-/.test(kind)) return NEVER;
  const last = world.store.get(
    "SELECT max(created_at) AS at FROM grants WHERE platform = ? AND person_id = ? AND client_id = ?",
    platform,
    personId,
    clientId,
  );
  return integer(last, "at") + 90 * DAY_MS;
}

/** Adds a token. `name` is set for seeded tokens, which are numbered; all others are as long as real ones. */
export function issueToken(
  call: Call,
  token: {
    platform: PlatformName;
    grantId: number;
    kind: string;
    expiresAt: number;
    prefix: string;
    name: string | null;
  },
): string {
  const { name, prefix, ...rest } = token;
  const value = name ?? randomSecret(prefix, 110);
  call.world.identity.addToken({ ...rest, token: value, issuedAt: call.now });
  return value;
}

/** A valid token of this grant and kind that was already issued. */
export function knownToken(
  call: Call,
  of: { platform: PlatformName; grantId: number; kind: string },
): string | undefined {
  const row = call.world.store.get(
    `SELECT token FROM tokens WHERE platform = ? AND grant_id = ? AND kind = ? AND state = 'valid' AND expires_at > ?
     ORDER BY issued_at LIMIT 1`,
    of.platform,
    of.grantId,
    of.kind,
    call.now,
  );
  return row && text(row, "token");
}

/** `Friday, 01-Jan-27 04:00:00 PST` */
function pacificTime(at: number): string {
  const [day, date, month, year, time] = new Date(at - 8 * HOUR_MS).toUTCString().replace(",", "").split(" ");
  const long = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(at - 8 * HOUR_MS);
  return `${long || day}, ${date}-${month}-${year?.slice(2)} ${time} PST`;
}
