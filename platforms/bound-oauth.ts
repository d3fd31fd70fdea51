import { cutText } from "../model/cut-text.ts";
import { oneLine } from "../model/one-line.ts";
import { withoutTurns } from "../model/text-direction.ts";
import { TransportError } from "./kit/http.ts";
import {
  BrokerError,
  type ReachableAccount,
  type Grant,
  type OAuth,
  type Platform,
  type Profile,
  type UserToken,
} from "./platform.ts";

/**
 * The platform with sign-ins whose results can be stored, sent and shown, whatever the platform returned: tokens fit
 * into a header, texts have a maximum length, image URLs are valid, and lifetimes end. Anything else is thrown as an
 * unreadable response.
 */
export function withBoundOAuth(platform: Platform): Platform {
  const { label } = platform.definition.capabilities;
  const { oauth, otherLogins } = platform;
  return {
    ...platform,
    ...(oauth === undefined ? {} : { oauth: bound(oauth, label) }),
    ...(otherLogins === undefined
      ? {}
      : {
          otherLogins: Object.fromEntries(
            Object.entries(otherLogins).map(([name, login]) => [name, bound(login, label)]),
          ),
        }),
  };
}

/** Further accounts of one user are not offered. */
const MOST_CHOICES = 2_000;

function bound(oauth: OAuth, label: string): OAuth {
  const { profileAgain, refresh, grantor } = oauth;
  const profileOf = (profile: Profile) => boundProfile(profile, label);
  return {
    ...oauth,
    exchange: async (...asked) => boundGrant(await heard(oauth.exchange(...asked), label), label),
    profile: async (...asked) => {
      const answer = await heard(oauth.profile(...asked), label);
      return "platformAccountId" in answer
        ? profileOf(answer)
        : answer.slice(0, MOST_CHOICES).map((choice) => boundChoice(choice, label));
    },
    ...(profileAgain && { profileAgain: async (...asked) => profileOf(await heard(profileAgain(...asked), label)) }),
    ...(refresh && {
      refresh: {
        ...refresh,
        run: async (...asked) => boundGrant(await heard(refresh.run(...asked), label), label),
      },
    }),
    ...(grantor && {
      grantor: async (...asked) => {
        const { id, dataAccessEndsAt } = await heard(grantor(...asked), label);
        return { id: id === null ? null : boundId(id, label), dataAccessEndsAt: boundDate(dataAccessEndsAt) };
      },
    }),
  };
}

/** An error while reading a response is the response's fault: nothing else is involved here. */
async function heard<Answer>(asked: Promise<Answer>, label: string): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof BrokerError || error instanceof TransportError) throw error;
    throw unreadable(label, error);
  }
}

function unreadable(label: string, cause?: unknown): BrokerError {
  return new BrokerError("UNEXPECTED_RESPONSE", `${label} returned a response that could not be read.`, { cause });
}

function boundChoice({ profile, token, keepsUserToken }: ReachableAccount, label: string): ReachableAccount {
  return {
    profile: boundProfile(profile, label),
    ...(token && { token: boundUserToken(token, label) }),
    ...(keepsUserToken && { keepsUserToken }),
  };
}

function boundUserToken({ accessToken, expiresInSeconds }: UserToken, label: string): UserToken {
  return { accessToken: boundToken(accessToken, label), expiresInSeconds: boundLifetime(expiresInSeconds) };
}

const MOST_SCOPES = 100;

function boundGrant(grant: Grant, label: string): Grant {
  const { accessToken, refreshToken, expiresInSeconds, refreshExpiresInSeconds, scopes, userToken } = grant;
  return {
    accessToken: boundToken(accessToken, label),
    refreshToken: refreshToken === null ? null : boundToken(refreshToken, label),
    expiresInSeconds: boundLifetime(expiresInSeconds),
    refreshExpiresInSeconds: boundLifetime(refreshExpiresInSeconds),
    scopes: scopes?.slice(0, MOST_SCOPES).map((scope) => cutText(scope, 200)) ?? null,
    ...(userToken && { userToken: boundUserToken(userToken, label) }),
  };
}

function boundToken(token: string, label: string): string {
  if (/^[\x21-\x7e]{1,10000}$/.test(token)) return token;
  throw unreadable(label);
}

/** Nobody waits longer, and database dates are limited. */
const LONGEST_LIFE_SECONDS = 100 * 366 * 86_400;

function boundLifetime(seconds: number | null): number | null {
  return seconds === null ? null : Math.min(Math.max(seconds, 0), LONGEST_LIFE_SECONDS);
}

function boundDate(date: Date | null): Date | null {
  const latest = Date.now() + LONGEST_LIFE_SECONDS * 1000;
  return date !== null && date.getTime() > 0 && date.getTime() < latest ? date : null;
}

function boundProfile(
  { platformAccountId, username, displayName, avatarUrl, metadata, personId }: Profile,
  label: string,
): Profile {
  return {
    platformAccountId: boundId(platformAccountId, label),
    username: boundName(username),
    displayName: boundName(displayName),
    avatarUrl: boundAddress(avatarUrl),
    metadata: boundMembers(metadata, 1),
    ...(typeof personId === "string" && { personId: boundId(personId, label) }),
  };
}

function boundId(id: string, label: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(id)) return id;
  throw unreadable(label);
}

/** It appears in lists, emails and their subjects: on one line, and without changing the direction of text. */
function boundName(name: string | null): string | null {
  return name === null ? null : oneLine(withoutTurns(cutText(name, 255))) || null;
}

function boundAddress(address: string | null): string | null {
  const url = address === null || address.length > 2_000 ? null : URL.parse(address);
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : null;
}

const DEEPEST = 4;
const MOST_MEMBERS = 100;

function boundMembers(members: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members)
      .slice(0, MOST_MEMBERS)
      .map(([name, member]) => [cutText(name, 100), boundValue(member, depth)]),
  );
}

function boundValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return cutText(value, 1_000);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEEPEST) return null;
  return Array.isArray(value)
    ? value.slice(0, MOST_MEMBERS).map((each) => boundValue(each, depth + 1))
    : boundMembers(value, depth + 1);
}
