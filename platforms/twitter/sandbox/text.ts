import tlds from "tlds" with { type: "json" };

/**
 * How X counts text, finds links in it and returns it.
 * Source: X docs, counting characters; twitter-text configuration version 3; 2026-08-22.
 */

const SPACES = "\\t-\\r \\x85\\xA0\\u1680\\u180E\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000";
const FORBIDDEN = "\\uFFFE\\uFEFF\\uFFFF";
const TURNS = "\\u202A-\\u202E\\u061C\\u200E\\u200F\\u2066-\\u2069";
/** What a host consists of: anything but punctuation, beside dots, hyphens and underscores. */
const HOST_RUN = new RegExp(`[^!'#%&()*+,\\\\/:;<=>?@\\[\\]^{|}~$${SPACES}${FORBIDDEN}${TURNS}]+`, "g");
const NOT_BEFORE_LINKS = new RegExp(`[A-Za-z0-9@\\uFF20$#\\uFF03${FORBIDDEN}]`);
const SCHEME_BEFORE = /https?:\/\/$/i;

const TOP_LEVEL_DOMAINS = [...tlds].sort((one, other) => other.length - one.length).join("|");
const TOP_LEVEL = new RegExp(`(?:${TOP_LEVEL_DOMAINS})(?![a-z0-9@+-])|xn--[-0-9a-z]+`, "iy");
const LATIN =
  "\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0263\\u0268\\u026F\\u0272\\u0289\\u028B" +
  "\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF";
const LATIN_RUN = new RegExp(`[-.a-z0-9${LATIN}]+`, "gi");

const PATH_SIGN = `[a-z0-9\\u0400-\\u04FF${LATIN}!*';:=+,.$/%#\\[\\]_~@|&\\u2013-]`;
const PATH_END = `[a-z0-9\\u0400-\\u04FF${LATIN}=_#/+-]`;
const BALANCED = `\\(${PATH_SIGN}+\\)`;
const PATH = `/(?:(?:${PATH_SIGN}|${BALANCED})*(?:${PATH_END}|${BALANCED}))?`;
const QUERY = "\\?[a-z0-9!?*'@();:&=+$/%#\\[\\]_.,~|-]*[a-z0-9_&=#/-]";
const SHORT_LINK = new RegExp(`^https?://t\\.co/([a-z0-9]+)(?:${QUERY})?`, "i");
const REST = new RegExp(`(?::[0-9]+)?(${PATH})?(?:${QUERY})?`, "iy");
const LINK_MAX_LENGTH = 4096;
const LONGEST_SHORT_NAME = 40;

export interface FoundLink {
  /** UTF-16 positions; `end` is exclusive. */
  start: number;
  end: number;
  /** As written. */
  written: string;
}

/**
 * What X turns into links: with or without a scheme, with a host ending in a real top-level domain. Without a scheme,
 * only the Latin parts of a host are links.
 */
export function linksIn(text: string): FoundLink[] {
  const found: FoundLink[] = [];
  const add = (start: number, end: number) => found.push({ start, end, written: text.slice(start, end) });
  let readTo = 0;
  for (const { index, 0: run } of text.matchAll(HOST_RUN)) {
    if (!run.includes(".") || index + run.length <= readTo) continue;
    for (const { start, hostStart, hostEnd } of hostsIn(text, index, run)) {
      const before = text[start - 1] ?? "";
      // What stands before a link belongs to no other.
      if (start === 0 ? readTo > 0 : start <= readTo || NOT_BEFORE_LINKS.test(before)) continue;
      REST.lastIndex = hostEnd;
      const [, path] = REST.exec(text) ?? [];
      const end = REST.lastIndex;
      readTo = end;
      if (end - start > LINK_MAX_LENGTH) continue;
      if (start < hostStart) {
        const [short, name = ""] = SHORT_LINK.exec(text.slice(start, end)) ?? [];
        if (short === undefined) add(start, end);
        else if (name.length <= LONGEST_SHORT_NAME) add(start, start + short.length);
      } else if (!/[-_./]/.test(before)) {
        // As twitter-text does, the length of what follows the host goes to the last part, wherever that ends.
        const rest = path === undefined ? 0 : end - hostEnd;
        const parts = latinHosts(text.slice(hostStart, hostEnd));
        parts.forEach(([from, to], number) =>
          add(hostStart + from, hostStart + to + (number === parts.length - 1 ? rest : 0)),
        );
      }
    }
  }
  return found;
}

/** A place where a link can begin, and its host. */
interface Host {
  /** Before `hostStart` if it has a scheme. */
  start: number;
  hostStart: number;
  hostEnd: number;
}

/** Every host in a run, in the order in which they are tried. */
function* hostsIn(text: string, runStart: number, run: string): Generator<Host> {
  const labels = labelsOf(text, runStart, run);
  const [first] = labels;
  const scheme = SCHEME_BEFORE.exec(text.slice(Math.max(0, runStart - 8), runStart))?.[0] ?? "";
  if (scheme !== "" && first !== undefined) {
    const hostEnd = hostEndOf(text, first, runStart);
    if (hostEnd !== null) yield { start: runStart - scheme.length, hostStart: runStart, hostEnd };
  }
  for (const label of labels) {
    for (let at = label.start; at < label.end; at += 1) {
      // At the very beginning, the first character is tried as what stands before a link.
      const start = label.start === 0 && at < 2 && label.end > 1 ? 1 - at : at;
      const hostEnd = hostEndOf(text, label, start);
      if (hostEnd !== null) yield { start, hostStart: start, hostEnd };
    }
  }
}

interface Label {
  start: number;
  end: number;
  lastUnderscore: number;
  /** Where a host ends if this label is its name; null if no top-level domain follows. */
  endAsName: number | null;
  /** Where the longest host ends that has this label before its name; null if there is none. */
  endAsSubdomain: number | null;
}

function labelsOf(text: string, runStart: number, run: string): Label[] {
  const labels: Label[] = [];
  let end = runStart + run.length;
  for (const part of run.split(".").reverse()) {
    const next = labels.at(-1);
    const start = end - part.length;
    const underscore = part.lastIndexOf("_");
    labels.push({
      start,
      end,
      lastUnderscore: underscore === -1 ? -1 : start + underscore,
      endAsName: next === undefined ? null : topLevelEnd(text, next.start),
      endAsSubdomain: next === undefined ? null : hostEndOf(text, next, next.start),
    });
    end = start - 1;
  }
  return labels.reverse();
}

/** Where the longest host that begins here, within this label, ends; null if there is none. */
function hostEndOf(text: string, label: Label, start: number): number | null {
  if (start >= label.end || isJoint(text[start]) || isJoint(text[label.end - 1])) return null;
  return label.endAsSubdomain ?? (start > label.lastUnderscore ? label.endAsName : null);
}

function isJoint(sign: string | undefined): boolean {
  return sign === "-" || sign === "_";
}

function topLevelEnd(text: string, start: number): number | null {
  TOP_LEVEL.lastIndex = start;
  return TOP_LEVEL.test(text) ? TOP_LEVEL.lastIndex : null;
}

/** The hosts of Latin labels within a host, from left to right. */
function latinHosts(host: string): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (const { index, 0: run } of host.matchAll(LATIN_RUN)) {
    let start = index;
    let end: number | null = null;
    let at = index;
    for (const label of run.split(".")) {
      if (label === "" && end === null) start = at + 1;
      if (label !== "" && host[at + label.length] === ".") end = topLevelEnd(host, at + label.length + 1) ?? end;
      at += label.length + 1;
    }
    if (end !== null) found.push([start, end]);
  }
  return found;
}

/** A link counts 23, an emoji sequence 2, a code point of the light ranges 1, any other 2. */
export function weightOf(text: string): number {
  const normal = text.normalize("NFC");
  let weight = 0;
  let from = 0;
  for (const link of linksIn(normal)) {
    weight += plainWeight(normal.slice(from, link.start)) + 23;
    from = link.end;
  }
  return weight + plainWeight(normal.slice(from));
}

const LIGHT_RANGES = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
] as const;

function plainWeight(text: string): number {
  const parts = text.split(/\p{RGI_Emoji}/v);
  const rest = parts.join("");
  let weight = (parts.length - 1) * 2;
  for (const sign of rest) {
    const point = sign.codePointAt(0) ?? 0;
    weight += LIGHT_RANGES.some(([first, last]) => point >= first && point <= last) ? 1 : 2;
  }
  return weight;
}

export function hasForbiddenSigns(text: string): boolean {
  return /[\uFFFE\uFEFF\uFFFF]/.test(text);
}

/** Source: twitter-text, cashtags: a dollar sign and 1 to 6 letters, optionally with a suffix such as `.A`. */
export function cashtagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![^\s])\$([a-z]{1,6}(?:[._][a-z]{1,2})?)(?=$|[\s!-#%-,./:;?@[-\]^`{|}~])/giu)].map(
    (match) => match[1] ?? "",
  );
}

export function mentionsIn(text: string): string[] {
  return [...text.matchAll(/(?<![A-Za-z0-9_!#$%&*@])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])/g)].map(
    (match) => match[1] ?? "",
  );
}

export function hashtagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\p{L}\p{N}_&])#(?=[\p{N}_]*[\p{L}])([\p{L}\p{M}\p{N}_]+)/gu)].map(
    (match) => match[1] ?? "",
  );
}

/** X escapes these three in the texts it returns. */
export function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
