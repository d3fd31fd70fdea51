/** JSON text: the value of a `jsonb` parameter. */
export type Json = string & { readonly isJson: true };

/**
 * A value as JSON that PostgreSQL accepts, used for everything stored as `jsonb` or `json`. External data can contain
 * characters that PostgreSQL rejects, and a single one would fail the whole write: NUL is removed, and a lone surrogate
 * becomes the replacement character, in texts and names alike.
 */
export function jsonb(value: unknown): Json {
  const text = JSON.stringify(value);
  // Most texts have nothing to replace.
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return text as Json;
  // Every backslash in it begins an escape: one in the text has been doubled.
  const clean = text.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) =>
    escape === "\\u0000" ? "" : escape.startsWith("\\ud") ? "\ufffd" : escape,
  );
  return clean as Json;
}

/** An array of what is JSON already. */
export function jsonArray(items: readonly Json[]): Json {
  return `[${items.join(",")}]` as Json;
}

/** What node-postgres would convert to JSON itself. */
export function isJsonObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
