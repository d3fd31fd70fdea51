/**
 * How Threads counts and reads text.
 * Source: Threads docs, overview and posts (2026-04-14), with the sandbox's reading of the emoji rule.
 */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const EMOJI = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;

/** A grapheme cluster with an emoji counts as its UTF-8 bytes, any other as its code points. */
export function countText(text: string): number {
  let count = 0;
  for (const { segment } of graphemes.segment(text)) {
    count += EMOJI.test(segment) ? Buffer.byteLength(segment) : [...segment].length;
  }
  return count;
}

/** Code points, for limits whose unit Meta does not specify. */
export function codePoints(text: string): number {
  return [...text].length;
}

/** The URLs in a text, as written, without trailing punctuation. */
export function linksIn(text: string): string[] {
  return (text.match(/\b(?:https?:\/\/|www\.)[^\s<>"']+/gi) ?? []).map((link) =>
    link.replace(/(?<![.,;:!?)\]])[.,;:!?)\]]+$/, ""),
  );
}

/** The first valid `#tag`: it ends at white space or one of `. & @ ! ? , ; :`, and digits alone do not count. */
export function topicIn(text: string): { topic: string; at: number } | undefined {
  for (const match of text.matchAll(/(?<![^\s])#([^\s.&@!?,;:#]{1,50})/gu)) {
    const topic = match[1];
    if (topic !== undefined && !/^\d+$/.test(topic)) return { topic, at: match.index };
  }
  return undefined;
}
