import tlds from "tlds" with { type: "json" };

/** A URL in a text, as UTF-16 positions; `end` is the first position behind it. */
export interface FoundUrl {
  start: number;
  end: number;
  url: string;
}

/**
 * Finds what X turns into links, by the rules of twitter-text: with a scheme or without, the host ending in a real
 * top-level domain; not directly after a letter, a digit, `@`, `#` or `$`, and without a scheme not after `- _ . /`
 * either; closing punctuation is excluded. It reads the text in one pass, only as far as its caller asks for URLs, in
 * time proportional to its length. Source:
 * twitter-text 3.1.0 (Apache-2.0), with a current list of top-level domains.
 */
export function* findUrls(text: string): Generator<FoundUrl, void> {
  let readTo = -1;
  for (let position = 0; ;) {
    // Another text may have been read since.
    HOST_RUN.lastIndex = position;
    const run = HOST_RUN.exec(text);
    if (run === null) return;
    position = HOST_RUN.lastIndex;
    if (!run[0].includes(".")) continue;
    const scheme = SCHEME_BEFORE.exec(text.slice(Math.max(0, run.index - 9), run.index))?.[1] ?? "";
    const match =
      scheme === ""
        ? matchBare(text, run.index, run[0], run.index === readTo)
        : matchWithScheme(text, run.index, run[0], scheme);
    if (match === null) continue;
    for (const [start, end] of match.urls) {
      if (end - start <= MAX_URL_LENGTH) yield { start, end, url: text.slice(start, end) };
    }
    readTo = match.readTo;
    position = readTo;
  }
}

/** What looks like URLs and where the search continues, also after a query that does not belong to them. */
interface Match {
  urls: [start: number, end: number][];
  readTo: number;
}

const MAX_URL_LENGTH = 4096;

const SPACES = "\\x09-\\x0D\\x20\\x85\\xA0\\u1680\\u180E\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000";
const DIRECTION_MARKS = "\\u202A-\\u202E\\u061C\\u200E\\u200F\\u2066-\\u2069";
const FORBIDDEN = "\\uFFFE\\uFEFF\\uFFFF";
const LATIN =
  "\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\xFF\\u0100-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0263\\u0268\\u026F\\u0272\\u0289\\u028B\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF";
const CYRILLIC = "\\u0400-\\u04FF";

/** Characters allowed in a host name, including dots, hyphens and underscores. */
const HOST_RUN = new RegExp(`[^!'#%&()*+,\\\\/:;<=>?@\\[\\]^{|}~$${SPACES}${FORBIDDEN}${DIRECTION_MARKS}]+`, "g");
const SCHEME_BEFORE = new RegExp(`(?:^|[^A-Za-z0-9@＠$#＃${FORBIDDEN}])(https?://)$`, "i");
const BLOCKS_BARE = new RegExp(`[A-Za-z0-9@＠$#＃${FORBIDDEN}]$`);
const LATIN_PART = new RegExp(`[-a-z0-9${LATIN}][-.a-z0-9${LATIN}]*`, "gi");

const PATH_CHARACTER = `[a-z${CYRILLIC}0-9!*';:=+,.$/%#\\[\\]\\-\\u2013_~@|&${LATIN}]`;
const BALANCED = `\\((?:${PATH_CHARACTER}+|${PATH_CHARACTER}*\\(${PATH_CHARACTER}+\\)${PATH_CHARACTER}*)\\)`;
const PATH_END = `(?:[+\\-a-z${CYRILLIC}0-9=_#/${LATIN}]|${BALANCED})`;
const PATH = `/(?:${PATH_CHARACTER}*(?:${BALANCED}${PATH_CHARACTER}*)*${PATH_END}|@${PATH_CHARACTER}+/)*`;
const QUERY = "\\?[a-z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*[a-z0-9\\-_&=#/]";
const AFTER_HOST = new RegExp(`(?::[0-9]+)?(${PATH})?(?:${QUERY})?`, "iy");
const SHORT_LINK = /^https?:\/\/t\.co\/([a-z0-9]+)(?:\?[a-z0-9!?*'@();:&=+$/%#[\]\-_.,~|]*[a-z0-9\-_&=#/])?/i;

const TOP_LEVEL_DOMAINS: ReadonlySet<string> = new Set([...tlds, "onion"]);
const LONGEST_TOP_LEVEL_DOMAIN = Math.max(...Array.from(TOP_LEVEL_DOMAINS, (domain) => domain.length));

function matchWithScheme(text: string, hostStart: number, run: string, scheme: string): Match | null {
  const host = longestHost(run, text[hostStart + run.length] ?? "");
  if (host === null) return null;
  const start = hostStart - scheme.length;
  const readTo = hostStart + host.length + matchAfterHost(text, hostStart + host.length).length;
  const short = SHORT_LINK.exec(text.slice(start, readTo));
  if (short === null) return { urls: [[start, readTo]], readTo };
  return { urls: (short[1] ?? "").length > 40 ? [] : [[start, start + short[0].length]], readTo };
}

/** Hosts without a scheme count only their Latin parts: in 日本example.com, the link begins at the e. */
function matchBare(text: string, runStart: number, run: string, isBehindUrl: boolean): Match | null {
  // What belongs to a URL stands before nothing else.
  const before = isBehindUrl ? "" : (text[runStart - 1] ?? "");
  for (const from of bareStarts(before, run, isBehindUrl)) {
    const skipped = from + Math.max(0, run.slice(from).search(/[^-_.]/));
    const host = longestHost(run.slice(skipped), text[runStart + run.length] ?? "");
    if (host === null) continue;
    const hostStart = runStart + skipped;
    const hostEnd = hostStart + host.length;
    const after = matchAfterHost(text, hostEnd);
    const readTo = hostEnd + after.length;
    if (before === "/" || skipped > from) return { urls: [], readTo };
    const urls = latinParts(host).map(([start, end]): [number, number] => [hostStart + start, hostStart + end]);
    const last = urls.at(-1);
    if (last?.[1] === hostEnd && after.path !== "") last[1] = readTo;
    return { urls, readTo };
  }
  return null;
}

function latinParts(host: string): [start: number, end: number][] {
  const parts: [number, number][] = [];
  const topLevel = host.lastIndexOf(".") + 1;
  for (const part of host.matchAll(LATIN_PART)) {
    const isForeignDomain = part.index + part[0].length === topLevel && part[0].length > 1;
    const length = isForeignDomain ? host.length - part.index : longestHost(part[0], "", /^$/)?.length;
    if (length !== undefined) parts.push([part.index, part.index + length]);
  }
  return parts;
}

/**
 * Where a host without a scheme can begin in a run: at its start, or after a character that is neither a Latin letter
 * nor a digit.
 */
function bareStarts(before: string, run: string, isBehindUrl: boolean): number[] {
  const behindForeign = run.search(/[^\x00-\x7F]/) + 1;
  if (isBehindUrl || BLOCKS_BARE.test(before)) return behindForeign > 0 ? [behindForeign] : [];
  // The first character can stand before a host, or belong to it.
  return before === "" && behindForeign === 1 && /[^-_.]/.test(run[1] ?? "") ? [1, 0] : [0];
}

function matchAfterHost(text: string, position: number): { length: number; path: string } {
  AFTER_HOST.lastIndex = position;
  const match = AFTER_HOST.exec(text);
  return { length: match?.[0].length ?? 0, path: match?.[1] ?? "" };
}

/**
 * The longest beginning of `run` that is a host with a real top-level domain; `next` is the character behind the run, and
 * no label may match `barred`.
 */
function longestHost(run: string, next: string, barred = /^$|^[-_]|[-_]$/): string | null {
  let longest: string | null = null;
  let labelStart = 0;
  let before: string | null = null;
  for (const label of run.split(".")) {
    const labelEnd = labelStart + label.length;
    if (before !== null && !before.includes("_")) {
      const domain = topLevelDomainAt(label, labelEnd === run.length ? next : ".");
      if (domain > 0) longest = run.slice(0, labelStart + domain);
    }
    if (barred.test(label)) break;
    before = label;
    labelStart = labelEnd + 1;
  }
  return longest;
}

/** Length of the top-level domain at the beginning of the label, or 0. */
function topLevelDomainAt(label: string, next: string): number {
  const punycode = /^xn--[-0-9a-z]+/i.exec(label);
  if (punycode !== null) return punycode[0].length;
  for (let length = Math.min(label.length, LONGEST_TOP_LEVEL_DOMAIN); length > 1; length -= 1) {
    const follower = label[length] ?? next;
    if (TOP_LEVEL_DOMAINS.has(label.slice(0, length).toLowerCase()) && !/[0-9a-zA-Z@+-]/.test(follower)) return length;
  }
  return 0;
}
