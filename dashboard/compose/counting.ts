import type { Counting } from "../../model/capabilities.ts";
import { countText, splitGraphemes } from "../../platforms/kit/text.ts";

export { countText };

/**
 * The longest beginning of a text that a platform counts as at most this long, with an ellipsis at its end, and with what
 * is added after it.
 */
export function cutTo(text: string, max: number, counting: Counting, added = ""): string {
  if (countText(text + added, counting) <= max) return text;
  const pieces = splitGraphemes(text);
  let low = 0;
  let high = Math.min(pieces.length, max);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (countText(shortened(pieces, middle) + added, counting) <= max) low = middle;
    else high = middle - 1;
  }
  return shortened(pieces, low);
}

function shortened(pieces: readonly string[], count: number): string {
  return `${pieces.slice(0, count).join("").trimEnd()}…`;
}
