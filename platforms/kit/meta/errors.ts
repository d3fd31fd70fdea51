import type { GraphErrorRow } from "./graph.ts";

/**
 * Graph API errors common to Instagram and Facebook, with each network's own name. A network's own rows come before
 * these. Source: Graph API docs, handling errors, and Facebook Login docs, 2026-09-11; the subcodes of 368 were
 * observed by open-source clients.
 */
export function metaErrors(label: string): GraphErrorRow[] {
  return [
    ...appErrors(label),
    ...signInErrors(label),
    ...accessErrors(label),
    ...limitErrors(label),
    ...faultErrors(label),
  ];
}

/** Only the message tells these from other errors with the same codes. Source: observed in responses, 2026. */
export function appErrors(label: string): GraphErrorRow[] {
  const row = {
    sentence: /platform app|validating client secret|validating application/i,
    about: "the app's ID or secret is wrong",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: `${label} rejected this instance's app ID and secret; the operator must check them.`,
  } as const;
  return [
    { exchange: true, ...row },
    { codes: [1, 100, 101], ...row },
  ];
}

function signInErrors(label: string): GraphErrorRow[] {
  const row = {
    about: "the code was used, has expired, or belongs to another redirect URI",
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: `${label} rejected the sign-in. Start it again.`,
  } as const;
  return [
    { exchange: true, ...row },
    { codes: [100], subcodes: [36007, 36008, 36009], ...row },
  ];
}

function accessErrors(label: string): GraphErrorRow[] {
  return [
    {
      codes: [190],
      subcodes: [458],
      about: "the user removed the app",
      brokerCode: "AUTH_REVOKED",
      notPublished: true,
      message: `The user has removed the app from their ${label} account.`,
    },
    {
      either: [459, 464],
      about: "checkpoint, or an unconfirmed account",
      brokerCode: "AUTH_REVOKED",
      notPublished: true,
      message: "The user must confirm something at facebook.com first.",
    },
    {
      codes: [190],
      subcodes: [492],
      about: "the user lost their role on the Page",
      brokerCode: "AUTH_REVOKED",
      notPublished: true,
      message: "The user who connected the account has lost their role on the Facebook Page.",
    },
    {
      codes: [190],
      subcodes: [493],
      about: "the user has not been active in the app for 90 days",
      brokerCode: "AUTH_EXPIRED",
      notPublished: true,
      message: `${label} ended the app's access because the user who connected the account has not used it for 90 days.`,
    },
    {
      codes: [190, 102],
      about: "the token has expired, the password was changed, or the session has ended",
      brokerCode: "AUTH_EXPIRED",
      notPublished: true,
      message: `The ${label} account's access has expired.`,
    },
    {
      codes: [368],
      subcodes: [4854002, 1404006],
      about: "the person behind the Page must confirm their identity",
      brokerCode: "IDENTITY_CONFIRMATION_REQUIRED",
      notPublished: true,
      message:
        "Facebook requires you to confirm your identity before this Page can publish. " +
        "Open the Facebook mobile app, switch to the Page and follow the prompt.",
    },
    {
      either: [1404078],
      about: "the Page needs Page Publishing Authorization",
      brokerCode: "IDENTITY_CONFIRMATION_REQUIRED",
      notPublished: true,
      message:
        "Facebook requires the Page's manager to complete Page Publishing Authorization. " +
        "Open the Facebook mobile app, switch to the Page and follow the prompt.",
    },
    {
      codes: [10, [200, 299]],
      about: "a permission is missing",
      brokerCode: "AUTH_REVOKED",
      notPublished: true,
      message: `The ${label} connection is missing a permission that the post needs.`,
    },
  ];
}

const DAY_SECONDS = 86_400;

function limitErrors(label: string): GraphErrorRow[] {
  return [
    {
      codes: [368],
      about: "temporarily blocked for a policy violation",
      brokerCode: "RATE_LIMITED",
      notPublished: true,
      retryable: false,
      retryAfterSeconds: DAY_SECONDS,
      message: `${label} has temporarily blocked this account from posting. Wait a day and check the app.`,
    },
    {
      codes: [4, 341],
      about: "rate limits of the app",
      brokerCode: "RATE_LIMITED",
      notPublished: true,
      limitOf: "app",
      message: `${label} is rate limiting requests right now.`,
    },
    {
      codes: [17, 32, 613, [80_001, 80_002]],
      about: "rate limits",
      brokerCode: "RATE_LIMITED",
      notPublished: true,
      message: `${label} is rate limiting requests right now.`,
    },
  ];
}

function faultErrors(label: string): GraphErrorRow[] {
  return [
    {
      codes: [100, 2500],
      about: "a bad or missing parameter",
      brokerCode: "CONTENT_REJECTED",
      notPublished: true,
      message: `${label} rejected the post's content.`,
    },
    {
      codes: [3],
      about: "the app is missing a capability",
      brokerCode: "UNEXPECTED_RESPONSE",
      notPublished: true,
      message: `The ${label} app of this instance is missing a capability.`,
    },
    {
      codes: [1, 2],
      about: "an error at Meta",
      brokerCode: "PLATFORM_UNAVAILABLE",
      notPublished: false,
      message: `${label} is having problems right now.`,
    },
  ];
}
