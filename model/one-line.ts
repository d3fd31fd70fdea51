/** A name that somebody gave, in one line: what would end a line, or do something to a terminal, is a blank. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
