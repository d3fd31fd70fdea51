import type { Counting } from "../../model/capabilities.ts";
import { findUrls } from "./urls.ts";

/** A text's length as counted by a platform. */
export function countText(text: string, counting: Counting): number {
  return COUNTERS[counting](text);
}

/** The unit in messages: "281 of 280 weighted characters". */
export const COUNTING_WORDS: Record<Counting, string> = {
  weighted: "weighted characters",
  utf16: "UTF-16 units",
  codePoints: "characters",
  graphemes: "characters",
  bytes: "bytes",
  threads: "characters (an emoji counts as its UTF-8 bytes)",
};

const COUNTERS: Record<Counting, (text: string) => number> = {
  weighted: (text) => weightedLength(text),
  utf16: (text) => text.length,
  codePoints: countCodePoints,
  graphemes: countGraphemes,
  bytes: countBytes,
  threads: threadsLength,
};

/** No platform's limit is this long. Anything longer, in UTF-16 units, is too long without counting. */
export const MAX_COUNTED_UNITS = 100_000;

/**
 * A text longer than this many times its limit, in UTF-16 units, exceeds it however it is counted. No emoji takes more.
 */
const FAR_BEYOND = 20;

/**
 * The length of a text, or null if it is so far beyond the limit that it does not matter: counting is slow, and all
 * senders share one thread.
 */
export function countWithin(text: string, { counting, max }: { counting: Counting; max: number }): number | null {
  const most = Math.min(MAX_COUNTED_UNITS, max * FAR_BEYOND);
  // A URL counts the same however long it is.
  if (counting === "weighted" && text.length <= MAX_COUNTED_UNITS) return weightedLength(text, most);
  return text.length > most ? null : countText(text, counting);
}

/**
 * The text in Unicode's composed form. Ordering a run of combining marks takes quadratic time, so runs that no language
 * has are ordered piece by piece.
 */
export function composed(text: string): string {
  return ENDLESS_MARKS.test(text) ? text.replace(SOME_MARKS, (piece) => piece.normalize("NFC")) : text.normalize("NFC");
}

/** The text as platforms may display it: each run of whitespace is one space, with none at the ends. */
export function collapseSpaces(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

const ENDLESS_MARKS = /(?<!\p{M})\p{M}{129}/u;
const SOME_MARKS = /[^\p{M}]+\p{M}{0,128}|\p{M}{1,128}/gu;

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/** The user-perceived characters of a text. */
export function splitGraphemes(text: string): string[] {
  // Each is one character here, except "\r\n".
  if (PLAIN.test(text)) return text.split("");
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

const PLAIN = /^[\n\x20-\x7e]*$/;

/**
 * X's weighted length, twitter-text configuration version 3: a URL counts 23, an emoji sequence 2, a character of the
 * light ranges 1, every other 2, after normalization to NFC. Source: docs.x.com, counting characters, 2026-08-22.
 */
export function weightedLength(text: string): number;
/** Null if its UTF-16 units, of which a URL counts as 23, are more than this. */
export function weightedLength(text: string, mostUnits: number): number | null;
export function weightedLength(text: string, mostUnits = Infinity): number | null {
  const normal = composed(text);
  const plain: string[] = [];
  let position = 0;
  let units = 0;
  for (const { start, end } of findUrls(normal)) {
    plain.push(normal.slice(position, start));
    units += start - position + URL_WEIGHT;
    if (units > mostUnits) return null;
    position = end;
  }
  plain.push(normal.slice(position));
  if (units + normal.length - position > mostUnits) return null;
  return plain.reduce((length, piece) => length + weighPlain(piece), (plain.length - 1) * URL_WEIGHT);
}

const URL_WEIGHT = 23;

function weighPlain(text: string): number {
  let length = 0;
  const withoutEmoji = text.replace(EMOJI, () => {
    length += 2;
    return "";
  });
  for (const character of withoutEmoji) length += isLight(character.codePointAt(0) ?? 0) ? 1 : 2;
  return length;
}

/**
 * Finds what `\p{RGI_Emoji}` finds. That checks each position against thousands of sequences; here, the first character
 * of a sequence is checked first.
 */
const EMOJI =
  /(?=\p{Emoji})(?:(?=.[\p{EMod}\uFE0F]?\u200D\p{Emoji})\p{RGI_Emoji_ZWJ_Sequence}|(?=.\p{EMod})\p{RGI_Emoji_Modifier_Sequence}|(?=\p{RI})\p{RGI_Emoji_Flag_Sequence}|[\p{Basic_Emoji}\p{Emoji_Keycap_Sequence}\p{RGI_Emoji_Tag_Sequence}])/gv;

function isLight(codePoint: number): boolean {
  return (
    codePoint <= 0x10ff ||
    (codePoint >= 0x2000 && codePoint <= 0x200d) ||
    (codePoint >= 0x2010 && codePoint <= 0x201f) ||
    (codePoint >= 0x2032 && codePoint <= 0x2037)
  );
}

/**
 * Threads' length: ordinary characters count 1, an emoji as its UTF-8 bytes. Meta gives no formula; a grapheme cluster
 * with a pictograph or a regional indicator counts entirely as an emoji, to be safe. Source: Threads docs, posts,
 * 2026-04-14.
 */
export function threadsLength(text: string): number {
  if (!PICTURE.test(text)) return countCodePoints(text);
  let length = 0;
  for (const { segment } of segmenter.segment(text))
    length += PICTURE.test(segment) ? countBytes(segment) : countCodePoints(segment);
  return length;
}

const PICTURE = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;

function countGraphemes(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let count = 0;
  for (const _ of segmenter.segment(text)) count += 1;
  return count;
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** In UTF-8, where half of a surrogate pair is replaced with U+FFFD. */
function countBytes(text: string): number {
  let count = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    count += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
  return count;
}
