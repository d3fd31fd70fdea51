/**
 * The beginning of a text, at most this many UTF-16 units, cut between two characters. Removes or replaces what
 * databases and JSON parsers reject, so that third-party text can be stored and shown: NUL, and lone surrogates.
 */
export function cutText(text: string, length: number): string {
  const isInside = text.length > length && /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return text
    .slice(0, isInside ? length - 1 : length)
    .replaceAll("\0", "")
    .toWellFormed();
}
