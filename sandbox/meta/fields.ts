import type { Call } from "../platform.ts";
import { invalid } from "./graph.ts";

/** The `fields` parameter of Graph reads: `id,picture{url},attachments{target{id}},comments.summary(true)`. */
export type Fields = Map<string, Fields>;

/** An object's readable fields. A field without a value returns `undefined` and is left out. */
export type Values = Record<string, (inner: Fields) => unknown>;

export function fieldsOf(call: Call): Fields {
  return parseFields(call.params["fields"] ?? "");
}

/**
 * The requested fields, and always the ID; without a request, Graph's default fields. Unknown fields are rejected.
 */
export function pick(fields: Fields, values: Values, preset: readonly string[] = []): Record<string, unknown> {
  const wanted: Fields = fields.size > 0 ? new Map(fields) : new Map(preset.map((name) => [name, new Map()]));
  if (Object.hasOwn(values, "id") && !wanted.has("id")) wanted.set("id", new Map());
  const found = [...wanted].map(([name, inner]) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!value) throw invalid(`Tried accessing nonexisting field (${name})`);
    return [name, value(inner)];
  });
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

export function parseFields(text: string): Fields {
  const fields: Fields = new Map();
  for (const part of splitOutside(text, ",")) {
    const match = /^([a-z0-9_]+)((?:\.[a-z_]+\([^)]*\))*)(?:\{(.*)\})?$/is.exec(part.trim());
    if (part.trim() === "") continue;
    if (!match?.[1]) throw invalid(`Syntax error in the fields parameter near "${part.trim().slice(0, 60)}"`);
    fields.set(match[1], parseFields(match[3] ?? ""));
  }
  return fields;
}

/** Splits at a character outside all braces. */
function splitOutside(text: string, sign: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let place = 0; place < text.length; place += 1) {
    if (text[place] === "{" || text[place] === "(") depth += 1;
    if (text[place] === "}" || text[place] === ")") depth -= 1;
    if (text[place] === sign && depth === 0) {
      parts.push(text.slice(start, place));
      start = place + 1;
    }
  }
  return [...parts, text.slice(start)];
}
