/**
 * Where `words` first occur in `text` at or after `from`, or -1, like `indexOf`, in time proportional to the sum of the
 * lengths and not their product. The engine's own search takes seconds if both are long and repetitive, as users can
 * make them. (Knuth, Morris and Pratt.)
 */
export function find(text: string, words: string, from = 0): number {
  const last = words.length - 1;
  if (last < FEW || text.length - from < SHORT) return text.indexOf(words, from);
  const borders = bordersOf(words);
  let matched = 0;
  for (let index = from; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    while (matched > 0 && words.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (words.charCodeAt(matched) === unit) matched += 1;
    if (matched > last) return index - last;
  }
  return -1;
}

/** Below these no search is slow. */
const FEW = 16;
const SHORT = 1024;

/**
 * `text` with every occurrence of `words` replaced by `by`, from left to right, like `replaceAll`. Empty words do not
 * occur.
 */
export function replaceEvery(text: string, words: string, by: string): string {
  if (words === "") return text;
  let result = "";
  let position = 0;
  for (let found = find(text, words); found !== -1; found = find(text, words, position)) {
    result += text.slice(position, found) + by;
    position = found + words.length;
  }
  return result + text.slice(position);
}

/** For each prefix of `words`, the length of the longest shorter prefix it ends with. */
function bordersOf(words: string): Uint32Array {
  const borders = new Uint32Array(words.length);
  let matched = 0;
  for (let index = 1; index < words.length; index += 1) {
    const unit = words.charCodeAt(index);
    while (matched > 0 && words.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (words.charCodeAt(matched) === unit) matched += 1;
    borders[index] = matched;
  }
  return borders;
}

/** Whether `text` is these pieces in their order, with something between each two. */
export function isMadeOf(text: string, pieces: readonly string[]): boolean {
  const [first = "", ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const piece of others) {
    const next = find(text, piece, position + 1);
    if (next === -1) return false;
    position = next + piece.length;
  }
  return position + 1 + last.length <= text.length && text.endsWith(last);
}
