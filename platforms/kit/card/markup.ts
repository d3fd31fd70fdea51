/** Markup as a tree. Text in it is text: it cannot become an element, however it is drawn. */
export type Markup = string | Element | readonly Markup[];

export interface Element {
  tag: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly Markup[];
}

/**
 * Values stand for the contents of an element, or for an attribute's value or part of it; null omits the attribute. As
 * in JSX, spaces with a line break separate nothing.
 */
export function html(strings: TemplateStringsArray, ...values: readonly (Markup | null)[]): Markup {
  const next = values.values();
  const open: { tag: string; attributes: Record<string, string>; children: Markup[] }[] = [];
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
  if (!isElement(markup)) return markup.map(printHtml).join("");
  const { tag, attributes, children } = markup;
  const start = `<${tag}${Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${printHtml(value)}"`)
    .join("")}>`;
  return EMPTY.has(tag) && tag === "img" ? start : `${start}${children.map(printHtml).join("")}</${tag}>`;
}

export function isElement(markup: Markup): markup is Element {
  return typeof markup === "object" && "tag" in markup;
}

const HOLE = "\u0000";
const TOKEN = /<(?<end>\/?)(?<tag>\w+)(?<attributes>(?:\s+[\w:-]+="[^"<]*")*)\s*\/?>|(?<text>[^<]+)/g;
const ATTRIBUTE = /(?<![\w:-])([\w:-]+)="([^"]*)"/g;
/** Elements that are written without an end. */
const EMPTY = new Set(["img", "path", "circle", "rect"]);

type Values = Iterator<Markup | null>;

function textIn(text: string, values: Values): Markup[] {
  return text
    .split(HOLE)
    .flatMap((part, place) => [...(place === 0 ? [] : [values.next().value ?? ""]), withoutBreaks(part)])
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

function attributesIn(text: string, values: Values): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = "", written = ""] of text.matchAll(ATTRIBUTE)) {
    const parts = written.split(HOLE);
    const filled = parts.slice(1).map(() => values.next().value ?? null);
    if (filled.includes(null)) continue;
    attributes[name] = parts
      .map((part, place) => (place === 0 ? part : `${String(filled[place - 1])}${part}`))
      .join("");
  }
  return attributes;
}
