/** Texts that make readers of text try again and again: what repeats itself, never closes, or is no character. */
export function nastyTexts(units: number): Record<string, string> {
  return Object.fromEntries(PUMPS.map((pump) => [name(pump), repeated(pump, units)]));
}

/** So many texts, each of several pieces of those, the same for the same seed. */
export function mixedTexts(units: number, seed: number, count: number): Record<string, string> {
  const random = randomly(seed);
  const pick = () => PUMPS[Math.floor(random() * PUMPS.length)] ?? "a";
  return Object.fromEntries(
    Array.from({ length: count }, (_, number) => {
      const pieces = Array.from({ length: 1 + Math.floor(random() * 6) }, () =>
        repeated(pick() + (random() < 0.3 ? pick() : ""), Math.ceil(units * random() * 0.4)),
      );
      return [`seed ${seed}, text ${number}`, repeated(pieces.join(""), units)];
    }),
  );
}

/** What is repeated. */
const PUMPS = [
  "a",
  "ab",
  "a ",
  " ",
  "\t",
  "\n",
  "\r\n",
  " \n\t",
  "\0",
  "\ud83d",
  "\ude00",
  "word ",
  "Zalgo\u0316\u0300",
  "\u0300",
  "\u0316\u0300",
  "e\u0301",
  "\u{1f600}",
  "\u{1f468}\u200d",
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} ",
  "\u{1f1e9}",
  "\u{1f1e9}\u{1f1ea}",
  "\u{1f44b}\u{1f3fd}",
  "\u2764\ufe0f",
  "1\ufe0f\u20e3",
  "\u{1f3f4}\u{e0067}\u{e0062}",
  "\u1100\u1161\u11a8",
  "\u0915\u094d",
  "\u0600",
  "\u200d",
  "#",
  "#a",
  "# a",
  "#1",
  "##a#",
  " #\u00e9",
  "@",
  "@a",
  "@[1]",
  "@[1]a",
  "@[",
  "@[a](urn:li:person:",
  "{hashtag|\\#|",
  "$A",
  " $A",
  " $a.b",
  "a.",
  "a.co",
  "a.co/(",
  "a.co/(a)",
  "a.co/",
  "a.co?",
  "a.co?a!",
  "a.co:1",
  "http://",
  "https://a",
  "https://a.co ",
  "https://t.co/a ",
  "https://t.co/",
  "\u65e5.co",
  "a-",
  "a_",
  "-",
  "_",
  ".",
  "..",
  "a.xn--",
  "www.",
  "xn--a-",
  "//",
  "/",
  "\\",
  "\\\\",
  "\\u",
  "%",
  "%2",
  "%00",
  "&amp;",
  "&",
  "&a=",
  "?",
  "!",
  ",",
  ";",
  ":",
  "=",
  "'",
  '"',
  '"a":',
  "`",
  "(",
  ")",
  "((a)",
  "[",
  "[a](",
  "]",
  "{",
  "{}",
  '{"a":',
  "<",
  "<a ",
  "<input ",
  ">",
  "[[sandbox:",
  "[[sandbox:drop]]",
  "access_token=",
  "access_token=a&",
  '"token": "',
  "Bearer ",
  "authorization: Bearer a ",
  "code=",
  "?code=a",
  "upload_id",
  "title length ",
  "description too ",
  "media_ids ",
  "urn:li:share:1 ",
  "(#100) ",
  "1",
  "1,",
  "-1",
  'W/"',
  '"1",',
  "bytes=",
  "bytes=-",
  "wait=",
  ", ",
  "; q=0.1",
  "sha-256=:",
  "0123456789abcdef",
];

function name(pump: string): string {
  return `${JSON.stringify(pump)} again and again`;
}

function repeated(pump: string, units: number): string {
  return pump.repeat(Math.ceil(units / pump.length)).slice(0, units);
}

/** Numbers from 0 to 1, the same for the same seed. (Mulberry32.) */
function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
