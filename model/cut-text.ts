/**
 * The beginning of a text, at most so many UTF-16 units of it, cut between two characters. What no database and no JSON
 * parser takes is left out or replaced, so what others have sent can be kept and shown: NUL, and halves of characters.
 */
export function cutText(text: string, length: number): string {
  const isInside = text.length > length && /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return text
    .slice(0, isInside ? length - 1 : length)
    .replaceAll("\0", "")
    .toWellFormed();
}
