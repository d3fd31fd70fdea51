import { styleText } from "node:util";

import type { Issue, PlatformPost, Post } from "../../client/index.ts";
import { withoutTurns } from "../../model/text-direction.ts";

/**
 * Third-party text on one line, without characters that control the terminal or change the direction of nearby text.
 */
export function plain(text: string): string {
  return withoutTurns(text)
    .replace(/\p{Cc}+/gu, " ")
    .trim();
}

type Colour = "green" | "red" | "yellow" | "dim" | "bold";

/** Colored if the terminal supports colors and NO_COLOR is not set. */
export function coloured(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}

/** Rows with aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, index) => Math.max(known[index] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** A post, and its outcome on each platform. */
export function postLines(post: Post): string[] {
  const when = post.scheduledFor === null ? "" : `  for ${post.scheduledFor}`;
  const text = plain(post.content.text);
  return [
    `${post.id}  ${statusOf(post.status)}${when}`,
    ...(text === "" ? [] : [`  ${coloured("dim", text.length > 100 ? `${text.slice(0, 99)}…` : text)}`]),
    ...post.platformPosts.flatMap((platformPost) =>
      platformPostLines(platformPost, Math.max(...post.platformPosts.map(({ platform }) => platform.length))),
    ),
  ];
}

export function platformPostLines(
  { platform, status, publishedUrl, nextAttemptAt, error, warnings }: PlatformPost,
  width = platform.length,
): string[] {
  const next = nextAttemptAt === null ? "" : `  again at ${nextAttemptAt}`;
  return [
    `  ${platform.padEnd(width)}  ${statusOf(status)}${publishedUrl === null ? "" : `  ${plain(publishedUrl)}`}${next}`,
    ...(error === null
      ? []
      : [`    ${error.code}: ${plain(error.message)}`, ...platformErrorLines(error), `    ${plain(error.action)}`]),
    ...warnings.map(({ message }) => `    ${coloured("yellow", plain(message))}`),
  ];
}

/** The platform's own message, if it says more than ours. */
function platformErrorLines({ message, platformError }: NonNullable<PlatformPost["error"]>): string[] {
  const own = platformError?.message ?? null;
  return own === null || message.includes(own) ? [] : [`    ${coloured("dim", `The platform says: ${plain(own)}`)}`];
}

/** Every issue with its location and what to do. */
export function issueLines(issues: readonly Issue[]): string[] {
  return issues.flatMap(({ code, message, path, fix }) => [
    `${code}: ${plain(message)}${path === "" ? "" : `  (${plain(path)})`}`,
    `  ${plain(fix)}`,
  ]);
}

export function statusOf(status: string): string {
  const colour = COLOURS[status];
  return colour === undefined ? status : coloured(colour, status);
}

const COLOURS: Readonly<Record<string, Colour>> = {
  published: "green",
  failed: "red",
  partial: "yellow",
  unknown: "yellow",
  discarded: "dim",
  ready: "green",
  healthy: "green",
  expiring: "yellow",
  expired: "red",
  revoked: "red",
  reconnect_required: "red",
};
