import { randomUUID } from "node:crypto";

/** Values of JSON that take up about this many characters and are a little of everything that is slow to judge. */
export const MASSES: Readonly<Record<string, (units: number) => unknown>> = {
  "one text": (units) => "a ".repeat(units / 2),
  numbers: (units) => Array.from({ length: units / 2 }, () => 0),
  "different texts": (units) => Array.from({ length: units / 14 }, (_, index) => `text ${index}`),
  "different IDs": (units) => Array.from({ length: units / 39 }, () => randomUUID()),
  "different names": (units) =>
    Object.fromEntries(Array.from({ length: units / 16 }, (_, index) => [`key${index}`, 0])),
  "lists of nothing": (units) => Array.from({ length: units / 3 }, () => []),
};

/** A list in a list in a list. No value of JavaScript, because printing one is recursive. */
export function nested(units: number): string {
  return `${"[".repeat(units / 2)}${"]".repeat(units / 2)}`;
}
