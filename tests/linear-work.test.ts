import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { suite, test } from "node:test";

import type { z } from "zod";

import { fieldsOf } from "../contract/forms/fields-of.ts";
import { findHostile } from "../contract/forms/hostile.ts";
import { adviseKey } from "../contract/forms/nearest-path.ts";
import { parseInput } from "../contract/forms/parse.ts";
import { OPERATIONS } from "../contract/index.ts";
import { formOf } from "../contract/operation.ts";
import { createBody } from "../contract/operations/posts.ts";
import { boundIssues } from "../model/bound-issues.ts";
import { cutText } from "../model/cut-text.ts";
import { PublicError } from "../model/errors.ts";
import { nearestWord } from "../model/nearest-word.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { withoutTurns } from "../model/text-direction.ts";
import { catalog } from "../platforms/catalog.ts";
import { countablesOf, priceOf } from "../platforms/counting.ts";
import { graph as facebook } from "../platforms/facebook/errors.ts";
import * as ofFacebook from "../platforms/facebook/reconcile.ts";
import { graphs as instagram } from "../platforms/instagram/errors.ts";
import * as ofInstagram from "../platforms/instagram/reconcile.ts";
import { answerOf, CONTENT, contextFor } from "../platforms/kit/broker.fixture.ts";
import { richText } from "../platforms/kit/card/card.ts";
import { printHtml } from "../platforms/kit/card/markup.ts";
import { find, isMadeOf, replaceEvery } from "../platforms/kit/find.ts";
import { parseJson } from "../platforms/kit/http.ts";
import { classifyGraphAnswer } from "../platforms/kit/meta/graph.ts";
import { redact, redactUrl } from "../platforms/kit/redaction.ts";
import { composed, countText } from "../platforms/kit/text.ts";
import { findUrls } from "../platforms/kit/urls.ts";
import { escapeLittleText } from "../platforms/linkedin/content.ts";
import { classify } from "../platforms/linkedin/errors.ts";
import * as littleTextOfTheSandbox from "../platforms/linkedin/sandbox/little-text.ts";
import { graph as threads } from "../platforms/threads/errors.ts";
import * as ofThreads from "../platforms/threads/reconcile.ts";
import * as threadsTextOfTheSandbox from "../platforms/threads/sandbox/text.ts";
import { classifyTikTok, failureOf } from "../platforms/tiktok/errors.ts";
import { classifyX } from "../platforms/twitter/errors.ts";
import * as ofX from "../platforms/twitter/reconcile.ts";
import * as xTextOfTheSandbox from "../platforms/twitter/sandbox/text.ts";
import { validatePost } from "../platforms/validate/validate.ts";
import { errorOf } from "../platforms/youtube/errors.ts";
import { MASSES } from "./masses.ts";
import { mixedTexts, nastyTexts } from "./nasty-texts.ts";
import { assertLinear } from "./work.ts";

/** The functions that compare a sent text with what a platform lists. */
const COMPARISONS: Record<string, (text: string) => unknown> = {
  "facebook.comparable": ofFacebook.comparable,
  "facebook.lookOf": (text) => [ofFacebook.lookOf(text), ofFacebook.lookOf(text.replaceAll(text.charAt(1), "@[1]"))],
  "facebook.saysTheSame": (text) => [
    ofFacebook.saysTheSame(text, `${text.slice(1)}\u0001`),
    ofFacebook.saysTheSame(text.replaceAll(text.charAt(1), "@[1]"), `${text}\u0001`),
  ],
  "instagram.comparable": ofInstagram.comparable,
  "instagram.lookOf": (text) => ofInstagram.lookOf(contextFor("", { ...CONTENT, text })),
  "threads.comparable": ofThreads.comparable,
  "threads.lookOf": (text) => ofThreads.lookOf(contextFor("", CONTENT), { index: 0, text, media: [] }),
  "twitter.comparable": ofX.comparable,
  "twitter.lookOf": (text) => ofX.lookOf({ parent: "1", media: 0, polls: 0, text }),
  "twitter.shownText": (text) => {
    const urls = [{ url: text.slice(0, 23), expanded_url: text }];
    const attachments = { media_keys: ["1"] };
    return [
      ofX.shownText({ id: "1", text, entities: { urls }, attachments }),
      ofX.shownText({ id: "1", text: "", note_tweet: { text, entities: { urls } }, attachments }),
    ];
  },
  "twitter.withoutMentions": ofX.withoutMentions,
};

test("every function of a platform that compares texts is among those", async () => {
  const found: string[] = [];
  for await (const file of glob(PLATFORM_NAMES.map((name) => `platforms/${name}/reconcile.ts`))) {
    const functions = (await readFile(file, "utf8")).matchAll(
      /^(?:export )?function (\w+)\(([^)]*)\)(?:: (\w+) )?|^(?:export )?const (\w+) = \(([^)]*)\)/gm,
    );
    for (const [, name, taken = "", returned, constant, given = ""] of functions)
      if (returned === "string" || /: string\b(?! \|)/.test(taken + given))
        found.push(`${basename(dirname(file))}.${name ?? constant}`);
  }
  assert.deepEqual(found.sort(), Object.keys(COMPARISONS).sort());
});

/** Everything that reads texts of users or platforms, by name. */
const READERS: Record<string, (text: string) => unknown> = {
  ...Object.fromEntries(
    (["weighted", "utf16", "codePoints", "graphemes", "bytes", "threads"] as const).map((counting) => [
      `the count of ${counting}`,
      (text: string) => countText(text, counting),
    ]),
  ),
  "the composed form": composed,
  links: (text) => [...findUrls(text)],
  "what begins a text, looked for in it": (text) => find(text, `${text.slice(0, text.length / 4)}\u0001`),
  "what a text holds, with something in its middle": (text) =>
    find(text, `${text.slice(0, text.length / 4)}\u0001${text.slice(0, text.length / 4)}`),
  "pieces in their order": (text) =>
    isMadeOf(text, [...text.slice(0, text.length / 2).split(text.charAt(1)), "\u0001"]),
  "every place of some words": (text) => replaceEvery(text, text.slice(0, 40), ""),
  redaction: (text) => redact(text, [text.slice(0, 32), text.slice(0, text.length / 4)]),
  "redaction of an address": (text) =>
    redactUrl(new URL(`https://example.com/?q=${encodeURIComponent(text.slice(0, 8000).toWellFormed())}`)),
  "the cut of a text": (text) => cutText(text, text.length - 1),
  "marks of direction": withoutTurns,
  "the nearest word": (text) => nearestWord(["placement", "thread", "title"], text),
  "advice on a key": (text) => adviseKey(createBody, ["content"], text.slice(0, 100)),
  "what no field may have": (text) => findHostile({ text, [text]: [text] }),
  "the bounds of issues": (text) =>
    boundIssues([
      {
        rule: "a",
        code: "VALIDATION_FAILED",
        platform: null,
        path: `/${text}`,
        message: text,
        actual: [text],
        limit: text,
        fix: text,
      },
    ]),
  "the form of a request": (text) =>
    createBody.safeParse({
      content: {
        text,
        linkUrl: text,
        media: [{ url: text, mimeType: text, altText: text }],
        platformOverrides: { [text]: {} },
      },
      platforms: [text],
      scheduledFor: text,
      platformSetId: text,
    }),
  "JSON of a platform": (text) => [parseJson(text), parseJson(JSON.stringify({ [text]: text }))],
  ...Object.fromEntries(Object.entries(COMPARISONS).map(([name, read]) => [`the comparison ${name}`, read])),
  "LinkedIn's escapes": escapeLittleText,
  "the sandbox's LinkedIn, its text": littleTextOfTheSandbox.renderLittleText,
  "the sandbox's LinkedIn, its escapes": littleTextOfTheSandbox.withoutEscapes,
  "the sandbox's Threads": (text) => [
    threadsTextOfTheSandbox.countText(text),
    threadsTextOfTheSandbox.linksIn(text),
    threadsTextOfTheSandbox.topicIn(text),
  ],
  "the sandbox's X": (text) => [
    xTextOfTheSandbox.cashtagsIn(text),
    xTextOfTheSandbox.mentionsIn(text),
    xTextOfTheSandbox.hashtagsIn(text),
    xTextOfTheSandbox.escapeText(text),
  ],
  "the sandbox's X, its links": xTextOfTheSandbox.linksIn,
  "the sandbox's page": (text) => printHtml(richText(text)),
  "refusals of TikTok": (text) => [
    classifyTikTok(answerOf(400, { error: { code: "invalid_params", message: text, log_id: text } })),
    failureOf(text),
  ],
  "refusals of X": (text) =>
    [400, 403].map((status) =>
      classifyX(answerOf(status, { title: text, detail: text, errors: [{ message: text }], status }), "elsewhere"),
    ),
  "refusals of YouTube": (text) =>
    errorOf(answerOf(403, { error: { code: 403, message: text, errors: [{ message: text, reason: "forbidden" }] } })),
  "refusals of LinkedIn": (text) =>
    classify(answerOf(422, { message: text, status: 422, code: text }), {
      now: new Date(),
      accountId: "1",
      newerVersion: null,
      uploadStep: null,
    }),
  ...Object.fromEntries(
    [facebook, instagram.instagram, threads].map((graph) => [
      `refusals of ${graph.label}`,
      (text: string) =>
        classifyGraphAnswer(
          graph,
          answerOf(400, {
            error: {
              message: text,
              type: text,
              code: 100,
              error_subcode: 33,
              error_user_title: text,
              error_user_msg: text,
              fbtrace_id: text,
            },
          }),
        ),
    ]),
  ),
  ...Object.fromEntries(
    Object.values(catalog).flatMap(({ rules }) =>
      rules.map(({ rule, broken }) => [
        `the rule ${rule}`,
        (text: string) =>
          broken({
            content: {
              text,
              media: [],
              linkUrl: null,
              placement: null,
              settings: {},
              cover: null,
              thread: [{ text, media: [] }],
            },
            settings: { title: text, description: text, tags: [text], altText: [text] },
            textPath: "/content/text",
            linkUrl: text,
            scheduledFor: null,
            now: new Date(),
            forcePrivateUploads: false,
            account: null,
          }),
      ]),
    ),
  ),
  "the validation of a whole post": (text) => {
    const settings = {
      title: text,
      description: text,
      tags: [text],
      firstComment: text,
      topicTag: text,
      articleTitle: text,
      [text]: text,
      thread: [{ text }, { text, media: [{ url: text, altText: text }] }],
    };
    const platformOverrides = Object.fromEntries(PLATFORM_NAMES.map((name) => [name, { text, settings }]));
    const media = [
      { url: `https://example.com/${text.slice(0, 4000)}`, altText: text, filename: text, mimeType: text },
    ];
    return validatePost(
      { content: { text, linkUrl: text.slice(0, 4096), media, platformOverrides }, platforms: PLATFORM_NAMES },
      { now: new Date(), scheduling: "all", forcePrivateUploads: false, accounts: null },
    );
  },
};

/** What reads a text several times, with the number of times. */
const SHARES: Record<string, number> = {
  "the validation of a whole post": 60,
  "the form of a request": 8,
  "what no field may have": 3,
};

const SMALL_UNITS = 65_536;
const LARGE_UNITS = 4 * 1_048_576;

suite("no text costs more than in proportion to its length", { concurrency: false }, () => {
  const small = Object.entries({ ...nastyTexts(SMALL_UNITS), ...mixedTexts(SMALL_UNITS, 1, 20) });
  const large = Object.entries({
    "one letter again and again": "a".repeat(LARGE_UNITS),
    ...mixedTexts(LARGE_UNITS, 2, 3),
  });
  for (const [reader, read] of Object.entries(READERS)) {
    test(reader, () => {
      // Short texts first, so that superlinear work fails early instead of taking hours.
      for (const [name, text] of [
        ...small.map(([name, text]) => [name, text.slice(0, 4096)] as const),
        ...small,
        ...large,
      ]) {
        assertLinear(`${reader}: ${name}`, text.length * (SHARES[reader] ?? 1), () => read(text));
      }
    });
  }
});

/** Up to as many values as a body can have. */
const MOST_VALUES = 49_000;

suite("no field of an operation costs more than in proportion to its length", { concurrency: false }, () => {
  const taking = OPERATIONS.filter(({ takes }) => takes !== "none");
  assert.ok(taking.length > 40, String(taking.length));
  for (const operation of taking) {
    test(operation.name, () => {
      const fields = fieldsOf(formOf(operation)).filter(({ path }) => path.length <= 3 && path.at(-1) !== "*");
      for (const { path } of fields) {
        for (const [what, value] of Object.entries(valuesFor(formOf(operation), path))) {
          const body = at(path, value);
          const units = JSON.stringify(body).length;
          assertLinear(`${path.join(".")}: ${what}`, units, () => attempt(operation, body));
        }
      }
    });
  }
});

suite("no setting of a platform costs more than in proportion to its length", { concurrency: false }, () => {
  for (const platform of PLATFORM_NAMES) {
    test(platform, () => {
      const settings = fieldsOf(createBody).filter(
        ({ path }) => path.length === 5 && path[2] === platform && path[3] === "settings",
      );
      assert.ok(settings.length > 0);
      for (const { path } of settings) {
        for (const [what, value] of Object.entries(valuesFor(createBody, path))) {
          const { content } = Object(at(path, value));
          assertLinear(`${path.at(-1)}: ${what}`, JSON.stringify(content).length, () => {
            validatePost(
              { content: { text: "a", ...content }, platforms: [platform] },
              { now: new Date(), scheduling: "all", forcePrivateUploads: false, accounts: null },
            );
          });
        }
      }
    });
  }
});

/** Whatever a field could be, and many of what a list's entries should be: only those are compared with each other. */
function valuesFor(form: z.ZodType, path: readonly string[]): Record<string, unknown> {
  const below = fieldsOf(form).filter(
    (field) => field.path.length > path.length && path.every((step, index) => field.path[index] === step),
  );
  const entry = below.find((field) => field.path.length === path.length + 1 && field.path.at(-1) === "*");
  const names = below.filter((field) => field.path.length === path.length + 2 && field.path.at(-2) === "*");
  const many = (each: (index: number) => unknown) =>
    Array.from({ length: MOST_VALUES / Math.max(names.length + 1, 2) }, (_, index) => each(index));
  return {
    ...Object.fromEntries(Object.entries(MASSES).map(([what, make]) => [what, make(SMALL_UNITS)])),
    "a long text": MASSES["one text"]?.(LARGE_UNITS),
    ...(entry === undefined
      ? {}
      : {
          "good entries": many(() => entry.example),
          "different IDs": many((index) => `01980b7a-6c00-7000-8000-${String(index).padStart(12, "0")}`),
          "entries with fields": many((index) =>
            Object.fromEntries(
              names.map(({ path: name, example }) => [
                name.at(-1),
                typeof example === "string" ? `${example}${index}` : example,
              ]),
            ),
          ),
        }),
  };
}

/** A body with a value at a path, in which * is the first entry of a list. */
function at(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, step) => (step === "*" ? [inner] : { [step]: inner }), value);
}

function attempt(operation: (typeof OPERATIONS)[number], body: unknown): void {
  try {
    parseInput(operation, { params: {}, query: {}, body });
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
  }
}

test("counting emoji is little more work than reading them", () => {
  const texts = Object.entries(nastyTexts(SMALL_UNITS)).filter(([, text]) => /\p{Emoji_Presentation}/u.test(text));
  assert.ok(texts.length >= 5);
  for (const [name, text] of texts) assertLinear(name, text.length, () => countText(text, "weighted"), 400);
});

test("a text that no platform takes is not searched for links that would cost something", () => {
  const text = "日.co ".repeat(LARGE_UNITS / 5);
  const content = { text, media: [], linkUrl: null, placement: null, settings: {}, cover: null };
  for (const [name, thread] of Object.entries({ "one text": [], "a thread": [{ text, media: [] }] }))
    assertLinear(name, text.length, () => priceOf("twitter", countablesOf({ ...content, thread }), {}), 3);
});

test("quadratic work in the length of a text is detected", () => {
  const text = "a".repeat(65_536);
  assert.throws(
    () => assertLinear("the square", text.length, () => /a+$/.test(`${text}b`), 400),
    /the square: 65536 characters took the work of/,
  );
});
