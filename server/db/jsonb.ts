/** A text that is JSON: what a parameter of type `jsonb` takes. */
export type Json = string & { readonly isJson: true };

/**
 * A value as JSON that PostgreSQL takes: the one door for everything that becomes `jsonb` or `json`. What others have
 * sent may hold what PostgreSQL has no place for, and one such character would fail the whole write: NUL is left out,
 * and half a character becomes the replacement character, in texts and names alike.
 */
export function jsonb(value: unknown): Json {
  const text = JSON.stringify(value);
  // Every backslash of it begins an escape: one that was in the text has become two.
  const clean = text.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) =>
    escape === "\\u0000" ? "" : escape.startsWith("\\ud") ? "\ufffd" : escape,
  );
  return clean as Json;
}

/** What node-postgres would turn into JSON by itself. */
export function isJsonObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
