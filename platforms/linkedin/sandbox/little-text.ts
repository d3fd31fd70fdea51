/**
 * LinkedIn's little text: how a post's commentary is parsed.
 * Source: LinkedIn docs, little-text-format, 2026-05; silent truncation at an unescaped character: field reports.
 */

const RESERVED = "|{}@[]()<>#\\*_~";
const WORD = /[\p{L}\p{N}]/u;
const TEMPLATE = /^\{hashtag\|\\?#\|((?:[\p{L}\p{N}]|\\?_)+)\}/u;
const MENTION = /^@\[((?:\\.|[^\\[\]])+)\]\((urn:li:(?:person|organization):[\w-]+)\)/su;

/**
 * What the audience reads. Everything from the first reserved character that is neither escaped nor part of a hashtag
 * or mention is lost, without any error.
 */
export function renderLittleText(commentary: string): string {
  let rendered = "";
  let at = 0;
  while (at < commentary.length) {
    const element = elementAt(commentary, at);
    if (element === undefined) return rendered;
    rendered += element.shown;
    at += element.length;
  }
  return rendered;
}

/** The text without its backslashes and without truncation: for finding words that were meant to be there. */
export function withoutEscapes(commentary: string): string {
  return commentary.replace(/\\([|{}@[\]()<>#\\*_~])/g, "$1");
}

interface Element {
  shown: string;
  /** In UTF-16 units of the commentary. */
  length: number;
}

function elementAt(commentary: string, at: number): Element | undefined {
  const character = commentary.charAt(at);
  if (!RESERVED.includes(character)) return { shown: character, length: 1 };
  if (character === "\\") return escapedAt(commentary, at);
  if (character === "#") return hashtagAt(commentary, at);
  if (character === "{") return matched(TEMPLATE, commentary, at, (word) => `#${withoutEscapes(word)}`);
  return character === "@" ? matched(MENTION, commentary, at, withoutEscapes) : undefined;
}

function escapedAt(commentary: string, at: number): Element | undefined {
  const next = commentary.charAt(at + 1);
  return next !== "" && RESERVED.includes(next) ? { shown: next, length: 2 } : undefined;
}

/** `#word`, where an underscore in the word is escaped as usual; digits alone are not a hashtag. */
function hashtagAt(commentary: string, at: number): Element | undefined {
  const word = /^(?:[\p{L}\p{N}]|\\_)+/u.exec(commentary.slice(at + 1))?.[0] ?? "";
  const hasLetter = [...word].some((letter) => WORD.test(letter) && !/\p{Nd}/u.test(letter));
  return hasLetter ? { shown: `#${withoutEscapes(word)}`, length: word.length + 1 } : undefined;
}

function matched(
  pattern: RegExp,
  commentary: string,
  at: number,
  show: (inner: string) => string,
): Element | undefined {
  const match = pattern.exec(commentary.slice(at));
  return match ? { shown: show(match[1] ?? ""), length: match[0].length } : undefined;
}
