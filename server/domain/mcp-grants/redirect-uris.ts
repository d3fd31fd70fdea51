/** Names of the machine that a browser runs on. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * Whether a client may use a redirect URI: a web page over TLS, a program on the user's own machine, or an app with its
 * own URL scheme (RFC 8252, section 7). Never anything a browser would run or read.
 */
export function isRedirectUri(text: string): boolean {
  if (text.length > 1000 || !URI_FORM.test(text)) return false;
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:") return HOST_FORM.test(url.hostname);
  return url.protocol === "http:" ? isLoopback(url.hostname) : !BROWSERS_OWN.has(url.protocol);
}

/** The characters of RFC 3986, without those of a fragment, and something behind the scheme. */
const URI_FORM = /^[a-z][a-z0-9+.-]+:\/\/?[\w\-.~:/?[\]@!$&'()*+,;=%]+$/i;
/**
 * As names and addresses are written: other characters in a URL could mean something else in a browser policy that
 * names the host.
 */
const HOST_FORM = /^(?:[\w.-]+|\[[\da-f:.]+\])$/;
const BROWSERS_OWN: ReadonlySet<string> = new Set([
  "javascript:",
  "data:",
  "vbscript:",
  "file:",
  "filesystem:",
  "blob:",
  "about:",
  "view-source:",
  "ftp:",
  "ws:",
  "wss:",
  "intent:",
  "chrome:",
  "mailto:",
  "tel:",
  "sms:",
]);

/**
 * Whether a client has registered this URI: an exact match, except for the port of a program on this machine, which
 * varies (RFC 8252, section 7.3).
 */
export function matchesAny(redirectUris: readonly string[], asked: string): boolean {
  return (
    isRedirectUri(asked) &&
    redirectUris.some(
      (known) => known === asked || (withoutPort(known) !== null && withoutPort(known) === withoutPort(asked)),
    )
  );
}

function withoutPort(uri: string): string | null {
  const url = URL.parse(uri);
  return url?.protocol === "http:" && isLoopback(url.hostname)
    ? uri.replace(/^(http:\/\/(?:\[[^\]]*\]|[^/:?[]*))(?::\d*)?/i, "$1")
    : null;
}
