import { createElement, Fragment, type ReactNode } from "react";

import { withoutTurns } from "../../model/text-direction.ts";
import { isElement, isWord, type Markup, type Word } from "../../platforms/kit/card/markup.ts";

/** Text remains text: React makes elements only of the tree's. What a card folds can be open from the start. */
export function toReact(markup: Markup, say: (word: string) => string, isUnfolded = false): ReactNode {
  if (typeof markup === "string") return withoutTurns(markup);
  if (isWord(markup)) return withoutTurns(say(markup.word));
  const children = (isElement(markup) ? markup.children : markup).map((child) => toReact(child, say, isUnfolded));
  if (!isElement(markup)) return createElement(Fragment, null, ...children);
  const { tag, attributes } = markup;
  const isOpen = isUnfolded && tag === "details";
  return createElement(tag, { ...propertiesOf(attributes, say), ...(isOpen && { open: true }) }, ...children);
}

function propertiesOf(
  attributes: Readonly<Record<string, string | Word>>,
  say: (word: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, given]) => {
      const value = typeof given === "string" ? given : say(given.word);
      return name === "style"
        ? [name, styleOf(value)]
        : [propertyOf(name), value === "" && SWITCHES.has(name) ? true : value];
    }),
  );
}

/** Attributes that are true by being there. */
const SWITCHES = new Set(["open", "controls", "playsinline"]);

const PROPERTIES: Readonly<Record<string, string>> = {
  class: "className",
  datetime: "dateTime",
  playsinline: "playsInline",
  tabindex: "tabIndex",
};

function propertyOf(name: string): string {
  if (name.startsWith("aria-")) return name;
  return PROPERTIES[name] ?? name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** React sets each by itself, which the page's policy allows. */
function styleOf(text: string): Record<string, string> {
  const [name = "", value = ""] = text.split(":");
  return { [name]: value };
}
