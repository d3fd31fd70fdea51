import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { z } from "zod";

import { BROKER_CODES, type Issue } from "../../model/errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry, MediaFacts } from "../../model/post.ts";
import { catalog } from "../../platforms/catalog.ts";
import { isElement, isWord, type Markup } from "../../platforms/kit/card/markup.ts";
import {
  account,
  context,
  image,
  LATER,
  minimal,
  NOW,
  postOf,
  video,
} from "../../platforms/validate/validate.fixture.ts";
import { resolveContent, validatePost } from "../../platforms/validate/validate.ts";
import { inWords, labelOfName } from "../api/in-words.ts";
import { fieldsOf, type SettingField } from "../compose/schema.ts";
import { Book, readPo } from "../words/book.ts";

const ROOT = join(import.meta.dirname, "../..");
const SAID = join(import.meta.dirname, "said");
const labelOf = (name: PlatformName) => catalog[name].capabilities.label;
const definitions = PLATFORM_NAMES.map((name) => catalog[name]);

/** Of codecs, of a person, and on a logo. */
const NAMES = new Set(["avc", "hevc", "aac", "opus", "unheard", "ada", "in"]);

/** What differs between a text and what the code says: places, and what is said of names and paths. */
const CHANGED = /\{\w+\}|“[^”]*”|\bthe (?:text|media|link)\b|, /;

const MEDIA: MediaEntry[][] = [
  [],
  [image],
  [video],
  [image, video],
  [image, image],
  Array.from({ length: 60 }, () => image),
];
const MEASURED: Record<"image" | "video", MediaFacts> = {
  image: {
    type: "image",
    mimeType: "image/jpeg",
    sizeBytes: 100_000,
    width: 1080,
    height: 1080,
    durationSeconds: null,
    frameRate: null,
    bitRate: null,
    videoCodec: null,
    audioCodec: null,
    audioChannels: null,
    audioSampleRate: null,
    animated: false,
    orientation: 1,
  },
  video: {
    type: "video",
    mimeType: "video/mp4",
    sizeBytes: 18_432_000,
    width: 1080,
    height: 1920,
    durationSeconds: 24,
    frameRate: 30,
    bitRate: 5_000_000,
    videoCodec: "avc",
    audioCodec: "aac",
    audioChannels: 2,
    audioSampleRate: 48_000,
    animated: false,
    orientation: 1,
  },
};
const FACTS: Partial<MediaFacts>[] = [
  ...(
    [
      "sizeBytes",
      "width",
      "height",
      "durationSeconds",
      "frameRate",
      "bitRate",
      "audioChannels",
      "audioSampleRate",
    ] as const
  ).flatMap((quantity) => [{ [quantity]: 1 }, { [quantity]: 1e9 }]),
  { width: 1, height: 1 },
  { width: 1e9, height: 1e9 },
  { videoCodec: "unheard", audioCodec: "unheard" },
  { mimeType: "image/gif", type: "image" },
  { mimeType: "video/quicktime", type: "video" },
  { mimeType: "video/quicktime", type: "video", rewrapObstacle: "has an edit that cuts off its end" },
  { type: "video", indexFirst: false, rewrapObstacle: "has too many frames in one chunk" },
];
const ENTRIES: Partial<MediaEntry>[] = [
  { mimeType: "image/gif" },
  { mimeType: "image/webp" },
  { mimeType: "image/tiff" },
  { mimeType: "video/quicktime" },
  { type: null, mimeType: null, sizeBytes: null, durationSeconds: null, width: null, height: null },
  { type: "image", mimeType: "video/mp4" },
  { thumbnailUrl: "https://example.com/film.mp4", thumbnailMediaId: "media" },
  { thumbnailUrl: "https://example.com/cover.jpg" },
  { thumbnailMediaId: "media" },
  { altText: "a".repeat(9000) },
  { sizeBytes: 1e10 },
];
const WRONG: unknown[] = [
  "",
  "a b#&<>",
  "a".repeat(9000),
  -1,
  1.5,
  1e12,
  true,
  false,
  [],
  ["", "a b", "a,b"],
  {},
  [{}],
  [1],
];
const ACCOUNTS = [
  {},
  { scopes: ["nothing"] },
  { scopes: [] },
  { tokenExpiresAt: "2026-11-01T13:00:00.000Z" },
  {
    metadata: {
      privacyLevelOptions: ["PUBLIC_TO_EVERYONE"],
      maxVideoPostDurationSec: 1,
      commentDisabled: true,
      duetDisabled: true,
      stitchDisabled: true,
      longUploadsStatus: "disallowed",
      login: "instagram",
    },
  },
];

const declared = await declaredTexts();
const broken = brokenPosts().filter(({ rule }) => rule !== "request.unknownKey");
const told = new Set(
  [...declared, ...broken.flatMap(({ message, fix }) => [message, fix])].map((text) => inWords(text, labelOf)),
);

test("the broken posts break every rule of every platform that needs no other account", () => {
  const rules = new Set(broken.map(({ rule }) => rule));
  const missed = definitions.flatMap((definition) => definition.rules.filter(({ rule }) => !rules.has(rule)));
  // What the rules themselves say is among what is declared.
  assert.deepEqual(
    missed.filter(({ message, fix }) => ![message, fix].every((text) => declared.has(text))),
    [],
  );
  assert.ok(rules.size > 100, String(rules.size));
});

for (const file of readdirSync(SAID)) {
  const po = readFileSync(join(SAID, file), "utf8");

  test(`${file} has everything that platforms and validation say`, (t) => {
    const missing = new Map<string, string>();
    let sentence = "";
    const book = new Book(po, file.replace(".po", ""), "UTC", (part) => missing.set(part, sentence));
    for (sentence of told) book.say(sentence);
    const untold = [...missing].filter(([part]) => !isName(part));
    const rules = new Set(broken.map(({ rule }) => rule));
    const english = new Set(untold.map(([, whole]) => whole));
    const half = new Set(
      broken
        .filter(({ message, fix }) => [message, fix].some((text) => english.has(inWords(text, labelOf))))
        .map(({ rule }) => rule),
    );
    t.diagnostic(`${rules.size - half.size} of ${rules.size} rules, ${told.size} texts`);
    assert.deepEqual(
      untold.map(([part, whole]) => (part === whole ? part : `${part}  in  ${whole}`)),
      [],
    );
  });

  test(`${file} has nothing that is no longer said, and fills in everything`, () => {
    const sources = globSync("{platforms,server,model,contract,dashboard/api}/**/*.ts", { cwd: ROOT })
      .map((name) => readFileSync(join(ROOT, name), "utf8"))
      .join("\n")
      .replaceAll(/["`]\s*\+\s*["`]/g, "");
    const whole = [...told].join("\n");
    const unused: string[] = [];
    for (const [english, said] of readPo(po)) {
      assert.notEqual(said, "", english);
      assert.deepEqual(placesOf(said), placesOf(english), english);
      const [longest = ""] = english
        .split(CHANGED)
        .map((piece) => piece.trim().replace(/\.$/, ""))
        .sort((one, other) => other.length - one.length);
      const isWritten = [longest, JSON.stringify(longest).slice(1, -1)].some((piece) => sources.includes(piece));
      if (!isWritten && !patternOf(english).test(whole)) unused.push(english);
    }
    assert.deepEqual(unused, []);
  });
}

/** Names are the same in every language: of platforms, permissions, codecs, settings of the server. */
function isName(part: string): boolean {
  return (
    definitions.some(({ capabilities: { label, platform } }) => [label, platform, "X"].includes(part)) ||
    /^\S*[\d_./:@]\S*$/.test(part) ||
    /^[A-Z][A-Z+]*$/.test(part) ||
    NAMES.has(part) ||
    part.startsWith("{")
  );
}

function patternOf(english: string): RegExp {
  const pieces = english.split(/\{\w+\}/).map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(pieces.join(".+"));
}

function placesOf(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g))].sort();
}

/** What platforms declare, what their tables of errors say, and the words on their cards. */
async function declaredTexts(): Promise<Set<string>> {
  const texts = new Set<string>(Object.values(BROKER_CODES).map(({ action }) => action));
  for (const name of PLATFORM_NAMES) {
    const { capabilities, settings, rules, scopes } = catalog[name];
    for (const text of fieldsOf(jsonSchemaOf(settings)).flatMap(textsOfField)) texts.add(text);
    for (const text of textsBelow(capabilities.sharing)) texts.add(text);
    for (const quota of capabilities.quotas) texts.add(labelOfName(quota.name));
    for (const { message, fix } of rules) texts.add(message).add(fix);
    for (const { why, without = "" } of Object.values(scopes).flat()) texts.add(why).add(without);
    const tables: Record<string, unknown> = await import(`../../platforms/${name}/errors.ts`);
    for (const text of messagesIn(Object.values(tables))) texts.add(text);
    for (const text of wordsOnCards(name)) texts.add(text);
  }
  return texts;
}

function jsonSchemaOf(settings: z.ZodObject): unknown {
  return z.toJSONSchema(settings, { io: "input", unrepresentable: "any", reused: "inline" });
}

function textsOfField({ label, hint, kind }: SettingField): string[] {
  return [
    label,
    hint,
    ...(kind.is === "choice" ? kind.values.map(labelOfName) : []),
    ...("fields" in kind ? kind.fields.flatMap(textsOfField) : []),
  ];
}

/** The texts of a platform's duties; names, addresses and sources are no texts. */
function textsBelow(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    if (typeof each !== "string") return name === "values" ? Object.values(Object(each)).map(String) : textsBelow(each);
    return ["label", "hint", "missing", "marks", "reason", "notice"].includes(name) ? [each] : [];
  });
}

function messagesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    name === "message" && typeof each === "string" && "brokerCode" in value ? [each] : messagesIn(each),
  );
}

/** The words of every kind of post, with everything that a card can show. */
function wordsOnCards(name: PlatformName): string[] {
  const { preview, settings, capabilities } = catalog[name];
  const given = fieldsOf(jsonSchemaOf(settings)).map((field) => [field.name, valuesOf(field)] as const);
  const most = Math.max(...given.map(([, values]) => values.length));
  const author = { username: "ada", name: "Ada", url: "" };
  const ways = [[], [image], [video], [image, { ...image, altText: "A tree" }], Array.from({ length: 7 }, () => image)];
  return ways.flatMap((media) =>
    Array.from({ length: most }, (_, turn) => {
      const chosen = Object.fromEntries(given.map(([key, values]) => [key, values[turn % values.length]]));
      const post = {
        text: "a ".repeat(900),
        media,
        linkUrl: "https://example.com",
        platformOverrides: { [name]: { settings: chosen } },
      };
      const posts = preview.postsOf(resolveContent(name, post), author);
      return [null, 30, 3600, 90_000].flatMap((seconds) => {
        const createdAt = seconds === null ? null : new Date(NOW.getTime() - seconds * 1000).toISOString();
        const shown = posts.map((each) => ({ ...each, post: { ...each.post, createdAt } }));
        return wordsIn(
          preview.card.draw(shown, {
            href: () => null,
            picture: (url) => url,
            now: NOW.getTime(),
            label: capabilities.label,
            focus: null,
          }),
        );
      });
    }).flat(),
  );
}

function valuesOf({ kind, name }: SettingField): unknown[] {
  if (kind.is === "choice") return [...kind.values];
  if (kind.is === "yesNo") return [true, false];
  if (kind.is === "lines") return [["ada"]];
  if (kind.is === "group") return [{ options: ["Yes", "No"] }];
  if (kind.is === "list") return [name === "thread" ? [{ text: "More" }] : [{ username: "ada" }]];
  return [kind.is === "time" ? LATER : "12"];
}

function wordsIn(markup: Markup): string[] {
  if (typeof markup === "string") return [];
  if (isWord(markup)) return [markup.word];
  if (!isElement(markup)) return markup.flatMap(wordsIn);
  const said = Object.values(markup.attributes).flatMap((value) => (typeof value === "string" ? [] : [value.word]));
  return [...said, ...markup.children.flatMap(wordsIn)];
}

/** What validation says of posts that are wrong in every way that it knows. */
function brokenPosts(): Issue[] {
  const found: Issue[] = [];
  const check = (...given: Parameters<typeof validatePost>) => {
    const { issues, warnings } = validatePost(...given);
    found.push(...issues, ...warnings);
  };
  for (const name of PLATFORM_NAMES) {
    const { capabilities, settings: schema } = catalog[name];
    const fields = minimal[name];
    const settings = fields.settings ?? {};
    const placements = [undefined, ...capabilities.placements.map((placement) => placement.name)];
    const tell = (changes: Parameters<typeof postOf>[1], differing: Partial<typeof context> = {}) =>
      check(postOf(name, { ...fields, ...changes }), { ...context, ...differing });

    for (const placement of placements)
      for (const media of MEDIA) {
        const placed = { media, settings: { ...settings, placement } };
        for (const text of ["", "Hello", "a".repeat(5001)]) tell({ ...placed, text });
        tell({ ...placed, linkUrl: "https://example.com" });
        for (const facts of media.length > 2 ? [] : FACTS)
          for (const more of [{}, { sizeBytes: 1, width: 1, height: 1, durationSeconds: 1 }])
            tell(
              { ...placed, media: media.map((entry) => ({ ...entry, ...more })) },
              { measured: (entry) => ({ ...MEASURED[entry.type === "video" ? "video" : "image"], ...facts }) },
            );
        for (const entry of media.length > 2 ? [] : ENTRIES)
          tell({ ...placed, media: media.map((each) => ({ ...each, ...entry })) });
      }
    tell({ text: "#a @a $AB $CD https://a.example ".repeat(3000) });
    tell({ text: "#a$AB $CD \u{FEFF}" });
    tell({ text: Array.from({ length: 31 }, (_, n) => `#a${n} @a${n} https://a${n}.example`).join(" ") });
    for (const field of fieldsOf(jsonSchemaOf(schema)))
      for (const value of WRONG) {
        tell({ settings: { ...settings, [field.name]: value } });
        if (field.kind.is === "group")
          tell({ settings: { ...settings, [field.name]: { options: ["a"], durationMinutes: value } } });
        if (field.kind.is === "group") tell({ settings: { ...settings, [field.name]: { options: value } } });
        if (field.kind.is === "list")
          for (const member of field.kind.fields)
            tell({ settings: { ...settings, [field.name]: [{ text: "a", [member.name]: value }] } });
      }
    const everything = Object.fromEntries(
      fieldsOf(jsonSchemaOf(schema)).map((field) => [field.name, valuesOf(field)[0]]),
    );
    for (const media of MEDIA)
      for (const accounts of [null, {}, ...ACCOUNTS.map((facts) => ({ [name]: { ...account(name), ...facts } }))])
        for (const chosen of [settings, everything, { ...everything, ...settings }])
          tell({ media, settings: chosen, scheduledFor: LATER }, { accounts, forcePrivateUploads: true });
    const thread = [{ text: "" }, { text: "a".repeat(70_000) }, ...Array.from({ length: 450 }, () => ({ text: "a" }))];
    for (const parts of [thread, thread.slice(0, 1), Array.from({ length: 4 }, () => ({ text: "a".repeat(60_000) }))])
      tell({ settings: { ...settings, thread: parts } });
    for (const scheduledFor of ["2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"]) tell({ scheduledFor });
    for (const publishBy of ["2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"])
      check({ ...postOf(name, fields), publishBy }, context);
    const [other = name] = PLATFORM_NAMES.filter((each) => each !== name);
    for (const media of MEDIA)
      for (const own of [undefined, [image]])
        check(
          {
            content: {
              text: "a".repeat(70_000),
              media,
              platformOverrides: {
                [name]: { settings, text: "Own", media: own ?? null },
                [other]: { media: own ?? null },
              },
            },
            platforms: own === undefined ? [name, other] : [other],
          },
          context,
        );
  }
  return found;
}
