/** Markup as a tree. Text in it is text: it cannot become an element, however it is drawn. */
export type Markup = string | Word | Element | readonly Markup[];

/** Words of the page itself, in English: they can be said in another language. Strings are what people wrote. */
export interface Word {
  word: string;
}

export interface Element {
  tag: string;
  attributes: Readonly<Record<string, string | Word>>;
  children: readonly Markup[];
}

/**
 * Values stand for the contents of an element, or for an attribute's value or part of it; null omits the attribute. What
 * is written between them are words of the page. As in JSX, spaces with a line break separate nothing.
 */
export function html(strings: TemplateStringsArray, ...values: readonly (Markup | null)[]): Markup {
  const next = values.values();
  const open: { tag: string; attributes: Record<string, string | Word>; children: Markup[] }[] = [];
  const top: Markup[] = [];
  for (const { groups = {} } of strings.join(HOLE).matchAll(TOKEN)) {
    const { end, tag = "", attributes = "", text } = groups;
    const children = open.at(-1)?.children ?? top;
    if (text !== undefined) children.push(...textIn(text, next));
    else if (end === "/") open.pop();
    else {
      const element = { tag, attributes: attributesIn(attributes, next), children: [] };
      children.push(element);
      if (!EMPTY.has(tag)) open.push(element);
    }
  }
  return top;
}

/** As text for an HTML page. */
export function printHtml(markup: Markup): string {
  if (typeof markup === "string") return markup.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  if (isWord(markup)) return printHtml(markup.word);
  if (!isElement(markup)) return markup.map(printHtml).join("");
  const { tag, attributes, children } = markup;
  const start = `<${tag}${Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${printHtml(value)}"`)
    .join("")}>`;
  return EMPTY.has(tag) && tag === "img" ? start : `${start}${children.map(printHtml).join("")}</${tag}>`;
}

export function isWord(markup: Markup): markup is Word {
  return typeof markup === "object" && "word" in markup;
}

export function isElement(markup: Markup): markup is Element {
  return typeof markup === "object" && "tag" in markup;
}

const HOLE = "\u0000";
const TOKEN = /<(?<end>\/?)(?<tag>\w+)(?<attributes>(?:\s+[\w:-]+="[^"<]*")*)\s*\/?>|(?<text>[^<]+)/g;
const ATTRIBUTE = /(?<![\w:-])([\w:-]+)="([^"]*)"/g;
/** Attributes that people read or hear. */
const SAID = new Set(["aria-label", "title"]);
/** Elements that are written without an end. */
const EMPTY = new Set(["img", "path", "circle", "rect"]);

type Values = Iterator<Markup | null>;

function textIn(text: string, values: Values): Markup[] {
  return text
    .split(HOLE)
    .flatMap((part, place) => [...(place === 0 ? [] : [values.next().value ?? ""]), ...wordsIn(withoutBreaks(part))])
    .filter((part) => part !== "");
}

function withoutBreaks(text: string): string {
  const lines = text.split("\n");
  if (lines.length === 1) return text;
  const last = lines.length - 1;
  const [start = "", end = ""] = [lines[0]?.trimEnd(), lines[last]?.trimStart()];
  const between = lines.slice(1, last).map((line) => line.trim());
  const parts = [start, ...between.filter((line) => line !== ""), end];
  return parts.every((part) => part === "") ? "" : parts.join(" ");
}

/** What has letters, without the signs and spaces around it. */
function wordsIn(written: string): Markup[] {
  const start = written.search(/\p{L}/u);
  if (start === -1) return [written];
  let end = written.length;
  while (/[\s@•·]/.test(written.charAt(end - 1))) end -= 1;
  return [written.slice(0, start), { word: written.slice(start, end) }, written.slice(end)];
}

function attributesIn(text: string, values: Values): Record<string, string | Word> {
  const attributes: Record<string, string | Word> = {};
  for (const [, name = "", written = ""] of text.matchAll(ATTRIBUTE)) {
    const parts = written.split(HOLE);
    const filled = parts.slice(1).map(() => values.next().value ?? null);
    if (filled.includes(null)) continue;
    const [only] = filled;
    if (written === HOLE && only !== undefined && only !== null && isWord(only)) attributes[name] = only;
    else if (filled.length === 0 && SAID.has(name)) attributes[name] = { word: written };
    else
      attributes[name] = parts
        .map((part, place) => (place === 0 ? part : `${String(filled[place - 1])}${part}`))
        .join("");
  }
  return attributes;
}
