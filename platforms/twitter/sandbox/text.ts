import tlds from "tlds" with { type: "json" };

/**
 * How X counts text, finds links in it and returns it.
 * Source: X docs, counting characters; twitter-text configuration version 3; 2026-08-22.
 */

const TOP_LEVEL = [...tlds].sort((one, other) => other.length - one.length).join("|");
const BEFORE = "(?<![A-Za-z0-9@\\uFF20$#\\uFF03\\uFFFE\\uFEFF\\uFFFF])";
const FOREIGN_LABEL = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_-]*[\\p{L}\\p{N}])?";
const LABEL = "[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?";
const ENDING = `(?:xn--[a-z0-9-]+|${TOP_LEVEL})(?![a-z0-9@+-])`;
const PATH_SIGN = "[a-z0-9\\u0400-\\u04FF\\u00C0-\\u024F!*';:=+,.$/%#\\[\\]_~@|&-]";
const PATH_END = "[a-z0-9\\u0400-\\u04FF\\u00C0-\\u024F=_#/+-]";
const BALANCED = `\\(${PATH_SIGN}+\\)`;
const PATH = `(?:/(?:(?:${PATH_SIGN}|${BALANCED})*(?:${PATH_END}|${BALANCED}))?)?`;
const QUERY = "(?:\\?[a-z0-9!?*'@();:&=+$/%#\\[\\]_.,~|-]*[a-z0-9_&=#/-])?";
const REST = `(?::[0-9]+)?${PATH}${QUERY}`;
const LINK = new RegExp(
  `${BEFORE}(?:https?://(?:${FOREIGN_LABEL}\\.)+${ENDING}|(?<![-_./])(?:${LABEL}\\.)+${ENDING})${REST}`,
  "giu",
);
const LINK_MAX_LENGTH = 4096;

export interface FoundLink {
  /** UTF-16 positions; `end` is exclusive. */
  start: number;
  end: number;
  /** As written. */
  written: string;
}

/** What X turns into links: with or without a scheme, with a host ending in a real top-level domain. */
export function linksIn(text: string): FoundLink[] {
  return [...text.matchAll(LINK)]
    .filter((match) => match[0].length <= LINK_MAX_LENGTH)
    .map((match) => ({ start: match.index, end: match.index + match[0].length, written: match[0] }));
}

/** A link counts 23, an emoji sequence 2, a code point of the light ranges 1, any other 2. */
export function weightOf(text: string): number {
  const normal = text.normalize("NFC");
  let weight = 0;
  let from = 0;
  for (const link of linksIn(normal)) {
    weight += plainWeight(normal.slice(from, link.start)) + 23;
    from = link.end;
  }
  return weight + plainWeight(normal.slice(from));
}

const LIGHT_RANGES = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
] as const;

function plainWeight(text: string): number {
  const parts = text.split(/\p{RGI_Emoji}/v);
  const rest = parts.join("");
  let weight = (parts.length - 1) * 2;
  for (const sign of rest) {
    const point = sign.codePointAt(0) ?? 0;
    weight += LIGHT_RANGES.some(([first, last]) => point >= first && point <= last) ? 1 : 2;
  }
  return weight;
}

export function hasForbiddenSigns(text: string): boolean {
  return /[\uFFFE\uFEFF\uFFFF]/.test(text);
}

/** Source: twitter-text, cashtags: a dollar sign and 1 to 6 letters, optionally with a suffix such as `.A`. */
export function cashtagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![^\s])\$([a-z]{1,6}(?:[._][a-z]{1,2})?)(?=$|[\s!-#%-,./:;?@[-\]^`{|}~])/giu)].map(
    (match) => match[1] ?? "",
  );
}

export function mentionsIn(text: string): string[] {
  return [...text.matchAll(/(?<![A-Za-z0-9_!#$%&*@])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])/g)].map(
    (match) => match[1] ?? "",
  );
}

export function hashtagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\p{L}\p{N}_&])#(?=[\p{N}_]*[\p{L}])([\p{L}\p{M}\p{N}_]+)/gu)].map(
    (match) => match[1] ?? "",
  );
}

/** X escapes these three in the texts it returns. */
export function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
