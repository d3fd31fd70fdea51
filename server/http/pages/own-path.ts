/** A path of our own to go on to, as it was asked for in a URL or form; the fallback where it would lead elsewhere. */
export function ownPath(asked: unknown, fallback: string): string {
  // Browsers read a backslash as a slash and leave out control characters.
  if (typeof asked !== "string" || !asked.startsWith("/") || /[\\\p{Cc}]/u.test(asked)) return fallback;
  const url = URL.parse(asked, BASE);
  return url === null || url.origin !== BASE || url.pathname.startsWith("//") ? fallback : `${url.pathname}${url.search}`;
}

const BASE = "http://own.invalid";
