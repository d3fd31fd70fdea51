import { z } from "zod";

import type { PlatformErrorDetail } from "../../model/errors.ts";
import { platformWords, toBrokerError, type ErrorRow } from "../kit/errors.ts";
import type { HttpAnswer } from "../kit/http.ts";
import type { BrokerError } from "../platform.ts";

/** A row of X's table of errors. */
export interface TwitterErrorRow extends ErrorRow {
  statuses?: readonly number[];
  /** The last part of `type`, a URI that X writes with two hosts. */
  problems?: readonly string[];
  /** Numbers of the older API, which still come through. */
  numbers?: readonly number[];
  /** In the title, the detail or one of the messages. */
  sentence?: RegExp;
  /** Only when uploading a file. */
  atUpload?: true;
}

/**
 * What X's errors mean. X distinguishes most of them only by the sentence in `detail`. Source: X docs, response codes
 * and errors, 2026-08-22, and responses observed by open-source clients.
 */
export const errors: readonly TwitterErrorRow[] = [
  {
    about: "an attached file is not ready, has expired, or belongs to someone else",
    sentence: /media ids? (?:are|is) invalid/i,
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    message: "X no longer has the uploaded media.",
  },
  {
    about: "an invalid media ID, by number",
    numbers: [324],
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    message: "X no longer has the uploaded media.",
  },
  {
    about: "incompatible or too many attachments",
    statuses: [400],
    sentence: /only provide one of|^(?=.*media_ids).*(?:at most|more than|too many|maximum)/is,
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "X does not support this combination of attachments.",
  },
  {
    about: "an upload that X cannot use",
    statuses: [400],
    atUpload: true,
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    message: "X could not process the media.",
  },
  {
    about: "a malformed request",
    problems: ["invalid-request"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X rejected the post's content.",
  },
  {
    about: "the access token has expired",
    statuses: [401],
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The X account's access has expired.",
  },
  {
    about: "an invalid token, by number",
    numbers: [32, 89],
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The X account's access has expired.",
  },
  {
    about: "the app's credits are used up",
    statuses: [402],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "This instance's X app has no credits left; the operator must buy some.",
  },
  {
    about: "the account has recently posted the same text",
    statuses: [403],
    sentence: /duplicate content/i,
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X rejected the post as a duplicate: the account has published this text recently.",
  },
  {
    about: "a duplicate, by number",
    numbers: [187],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X rejected the post as a duplicate: the account has published this text recently.",
  },
  {
    about: "the text is too long",
    numbers: [186],
    brokerCode: "CONTENT_REJECTED",
    publicCode: "CONTENT_TOO_LONG",
    notPublished: true,
    message: "The text is longer than X allows for this account.",
  },
  {
    about: "the video is too long for the account",
    statuses: [403],
    sentence: /not allowed to post a video longer than/i,
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "The video is longer than X allows for this account.",
  },
  {
    about: "the reply rule of 2026",
    statuses: [403],
    sentence: /^Reply to this conversation is not allowed/i,
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X allows replies only to posts that mention or quote the account.",
  },
  {
    // X announced the restriction without the wording of the error.
    about: "mentions or quotes that X restricts since 2026-02-23",
    statuses: [403],
    sentence: /\b(?:mentions?|quot(?:es?|ing))\b/i,
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X restricts mentions and quotes in posts that apps publish.",
  },
  {
    about: "replies are restricted, by number",
    numbers: [433],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "The author of that post has restricted who can reply.",
  },
  {
    about: "more than one cashtag",
    statuses: [403],
    sentence: /maximum of one cashtag/i,
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X allows at most one cashtag in a post.",
  },
  {
    about: "a link that X blocks",
    statuses: [403],
    sentence: /contains an invalid URL/i,
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X blocks a link in the post.",
  },
  {
    about: "the token is the app's, not a user's",
    problems: ["unsupported-authentication"],
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "X requires the user's own connection.",
  },
  {
    about: "the app is not set up",
    problems: ["client-forbidden"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "X rejected this instance's app; the operator must set it up.",
  },
  {
    about: "the account is suspended",
    problems: ["user-suspended"],
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "X has suspended this account.",
  },
  {
    about: "the account is locked, by number",
    numbers: [326],
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "X has temporarily locked this account. Its owner must sign in to X.",
  },
  {
    about: "the app is suspended",
    problems: ["app-suspended"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "X has suspended this instance's app.",
  },
  {
    about: "the daily posts are used up, by number",
    numbers: [185],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    message: "The X account has used up its posts for the day.",
  },
  {
    about: "looks automated, by number",
    numbers: [226],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X rejected the post as spam.",
  },
  {
    about: "the post replied to is gone, by number",
    numbers: [385],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X cannot find the post that this one replies to.",
  },
  {
    // Among other things, a text that is too long for the account: the broker checks its length.
    about: "not permitted, for any reason",
    statuses: [403],
    sentence: /not permitted to perform this action/i,
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X does not allow this account to publish this post.",
  },
  {
    about: "the token lacks media.write",
    statuses: [403],
    atUpload: true,
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The X connection is missing the permission to upload media.",
  },
  {
    about: "what the post refers to is gone",
    statuses: [404],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "X cannot find what the post refers to.",
  },
  {
    about: "the file is too large",
    statuses: [413],
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    retryable: false,
    message: "The media is larger than X allows.",
  },
  {
    about: "the plan's posts are used up",
    problems: ["usage-capped"],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    message: "This instance's X app has used up its plan.",
  },
  {
    about: "the window is used up",
    statuses: [429],
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    message: "X is rate limiting requests right now.",
  },
  {
    about: "the window is used up, by number",
    numbers: [88],
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    message: "X is rate limiting requests right now.",
  },
];

const UNAVAILABLE: ErrorRow = {
  about: "an error at X",
  brokerCode: "PLATFORM_UNAVAILABLE",
  notPublished: false,
  message: "X is having problems right now.",
};
const UNKNOWN: ErrorRow = {
  about: "an undocumented error",
  brokerCode: "UNEXPECTED_RESPONSE",
  notPublished: false,
  message: "X returned an unexpected response.",
};

/** Whether a file is being uploaded. */
export type CallKind = "upload" | "elsewhere";

export function classifyX(answer: HttpAnswer, kind: CallKind): BrokerError {
  const error = readError(answer);
  return errorOf(findRow(error, kind), detailOf(error, answer), waitSeconds(answer), isOfApp(answer));
}

/** The error behind what was recorded of an earlier response. */
export function errorFromDetail(detail: PlatformErrorDetail): BrokerError {
  const number = Number(detail.code ?? NaN);
  const error = {
    status: detail.status ?? 0,
    problem: detail.code,
    number: Number.isInteger(number) ? number : null,
    sentences: detail.message === null ? [] : [detail.message],
  };
  return errorOf(findRow(error, "elsewhere"), detail, null);
}

export function isDuplicate(error: BrokerError): boolean {
  return (
    error.platformError?.code === "187" ||
    (error.platformError?.status === 403 && /duplicate content/i.test(error.platformError.message ?? ""))
  );
}

interface XError {
  status: number;
  problem: string | null;
  number: number | null;
  sentences: string[];
}

export function findRow(error: XError, kind: CallKind): ErrorRow {
  const row = errors.find(
    ({ statuses, problems, numbers, sentence, atUpload }) =>
      (statuses === undefined || statuses.includes(error.status)) &&
      (problems === undefined || (error.problem !== null && problems.includes(error.problem))) &&
      (numbers === undefined || (error.number !== null && numbers.includes(error.number))) &&
      (sentence === undefined || error.sentences.some((one) => sentence.test(one))) &&
      (atUpload === undefined || kind === "upload"),
  );
  return error.status >= 500 ? UNAVAILABLE : (row ?? UNKNOWN);
}

function errorOf(row: ErrorRow, detail: PlatformErrorDetail, wait: number | null, ofApp = false): BrokerError {
  const limit = { retryAfterSeconds: wait ?? WINDOW_SECONDS, limitOf: ofApp ? "app" : "account" } as const;
  return toBrokerError("X", row, detail, row.brokerCode === "RATE_LIMITED" ? limit : {});
}

const form = z.object({
  title: z.string().nullish(),
  detail: z.string().nullish(),
  type: z.string().nullish(),
  errors: z
    .array(z.object({ code: z.number().nullish(), message: z.string().nullish(), detail: z.string().nullish() }))
    .nullish(),
});

function readError(answer: HttpAnswer): XError {
  const body = form.safeParse(answer.json()).data;
  const sentences = [
    body?.detail,
    ...(body?.errors ?? []).flatMap(({ message, detail }) => [message, detail]),
    body?.title,
  ];
  const problem = body?.type?.includes("/problems/") === true ? body.type.slice(body.type.lastIndexOf("/") + 1) : null;
  return {
    status: answer.status,
    problem,
    number: body?.errors?.find(({ code }) => typeof code === "number")?.code ?? null,
    sentences: sentences.flatMap((text) => (text === null || text === undefined || text === "" ? [] : [text])),
  };
}

/** If fields are named, the message about them is more useful than the detail, which is the same for all. */
function detailOf(error: XError, answer: HttpAnswer): PlatformErrorDetail {
  const said = error.problem === "invalid-request" ? (error.sentences[1] ?? error.sentences[0]) : error.sentences[0];
  return {
    status: answer.status,
    code: error.problem ?? (error.number === null ? null : String(error.number)),
    message: platformWords(said),
    requestId: answer.headers["x-transaction-id"] ?? null,
  };
}

const WINDOW_SECONDS = 900;

/**
 * Until a second after the latest relevant reset; null if the headers name none. Source: X docs, rate limits,
 * 2026-08-22: epoch seconds.
 */
function waitSeconds({ headers }: HttpAnswer): number | null {
  const resets = ["x-user-limit-24hour", "x-app-limit-24hour"]
    .filter((name) => headers[`${name}-remaining`] === "0")
    .map((name) => headers[`${name}-reset`]);
  const latest = Math.max(
    ...[...resets, headers["x-rate-limit-reset"]]
      .map((text) => Number(text ?? NaN))
      .filter((seconds) => Number.isFinite(seconds)),
  );
  if (Number.isFinite(latest)) return Math.max(1, Math.ceil(latest - Date.now() / 1000) + 1);
  const retryAfter = Number(headers["retry-after"] ?? NaN);
  return Number.isFinite(retryAfter) && retryAfter > 0 ? Math.ceil(retryAfter) : null;
}

/** The app's day is used up, and not only the account's. Source: X docs, rate limits, 2026-08-22. */
function isOfApp({ headers }: HttpAnswer): boolean {
  return headers["x-app-limit-24hour-remaining"] === "0" && headers["x-user-limit-24hour-remaining"] !== "0";
}
