const TITLE_MAX = 400;

/** The title of a link without one of its own: the text's first meaningful line, otherwise the host's name. */
export function titleOf(text: string, source: string): string {
  const line = text
    .split(/[\r\n]+/)
    .map((one) => one.trim())
    .find((one) => one !== "");
  return cut(line ?? URL.parse(source)?.hostname ?? source, TITLE_MAX);
}

/** To so many UTF-16 units, between two characters. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter("und").segment(text)) {
    if (kept.length + segment.length > max - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
