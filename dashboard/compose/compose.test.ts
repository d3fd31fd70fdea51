import assert from "node:assert/strict";
import { test } from "node:test";

import type { Post } from "../../contract/operations/posts.ts";
import { catalog } from "../../platforms/catalog.ts";
import { countText } from "../../platforms/kit/text.ts";
import { capabilities as tiktok } from "../../platforms/tiktok/capabilities.ts";
import { inWords, labelOfName } from "../api/in-words.ts";
import { changesOf } from "./changes.ts";
import { cutTo } from "./counting.ts";
import {
  bodyOf,
  contentOf,
  copyOf,
  type Draft,
  draftOf,
  emptyDraft,
  hasUpload,
  isCommercial,
  isUploading,
  type Item,
  replaceAt,
  withItem,
  withSetting,
  withUpload,
} from "./draft.ts";
import { fixesOf, withOwnMedia } from "./fixes.ts";
import { reduce } from "./history.ts";
import { type Finding, hasField, isMendedByFiles, tabOf } from "./issues.ts";
import { countsOf } from "./rules.ts";
import { fieldsOf } from "./schema.ts";

const WHEN = { kind: "draft", local: "2027-03-28T02:30", at: null, timeZone: "Europe/Berlin" } as const;
const DRAFT: Draft = { ...emptyDraft("set", WHEN), platforms: ["threads", "twitter"], text: "Good news" };
const labelOf = (platform: string) => platform.toUpperCase();

function image(key: string, altText?: string): Item {
  const shown = { src: null, type: "image", name: key, width: 10, height: 10, durationSeconds: null } as const;
  return { key, upload: key, entry: altText === undefined ? null : { id: key, altText }, shown };
}

function finding(change: Partial<Finding>): Finding {
  return {
    rule: "twitter.text.length",
    code: "VALIDATION_FAILED",
    platform: "twitter",
    path: "/content/text",
    message: "",
    actual: 9,
    limit: 6,
    fix: "",
    isWarning: false,
    ...change,
  };
}

test("an issue is shown where its field is, and one without a field by itself", () => {
  const settings = () => ["poll"];
  const at = (path: string) => [tabOf(finding({ path })), hasField(finding({ path }), settings)];
  assert.deepEqual(at("/content/text"), ["all", true]);
  assert.deepEqual(at("/content/media/0/width"), ["all", true]);
  assert.deepEqual(at("/content/platformOverrides/twitter/text"), ["twitter", true]);
  assert.deepEqual(at("/content/platformOverrides/twitter/settings/poll/options/0"), ["twitter", true]);
  assert.deepEqual(at("/content/platformOverrides/twitter/settings/pol"), ["twitter", false]);
  for (const path of ["/publishBy", "/timeZone"]) assert.deepEqual(at(path), ["all", false]);
});

test("a text is cut as the platform counts it, between characters, for that platform alone", () => {
  for (const counting of ["weighted", "utf16", "codePoints", "graphemes", "bytes", "threads"] as const)
    for (const text of ["Good news", "👩‍👩‍👧‍👦 family 👩‍👩‍👧‍👦", "日本語の長い文章です"]) {
      const cut = cutTo(text, 8, counting);
      assert.ok(countText(cut, counting) <= 8 && cut.isWellFormed(), `${counting}: ${cut}`);
    }
  const [fix] = fixesOf(finding({}), DRAFT, cutTo, "weighted");
  assert.equal(fix?.name, "cut");
  const fixed = fix.apply(DRAFT);
  assert.deepEqual([fixed.text, fixed.overrides.twitter?.text], ["Good news", "Good…"]);
  const linked: Draft = { ...DRAFT, linkUrl: "https://example.com/news" };
  const [withLink] = fixesOf(finding({ actual: 33, limit: 30 }), linked, cutTo, "weighted");
  assert.equal(withLink?.apply(linked).overrides.twitter?.text, "Good…");
});

test("what is too long in a part of a thread, or in an alt text, is cut there and nowhere else", () => {
  const thread = [{ text: "Good news, everybody" }, { text: "The end", media: [image("c", "A lighthouse at dusk")] }];
  const draft = withSetting(
    { ...DRAFT, media: [image("a"), image("b", "A lighthouse by day")] },
    "twitter",
    ["thread"],
    thread,
  );
  const settings = "/content/platformOverrides/twitter/settings";
  const fixed = (path: string, from = draft) => {
    const fixes = fixesOf(finding({ path, limit: 8 }), from, cutTo, "graphemes");
    assert.equal(fixes.length, 1, path);
    return fixes[0]?.apply(from);
  };
  assert.deepEqual(contentOf(fixed(`${settings}/thread/0/text`) ?? DRAFT).platformOverrides, {
    twitter: {
      settings: {
        thread: [{ text: "Good ne…" }, { text: "The end", media: [{ id: "c", altText: "A lighthouse at dusk" }] }],
      },
    },
  });
  assert.deepEqual(contentOf(fixed(`${settings}/thread/1/media/0/altText`) ?? DRAFT).platformOverrides, {
    twitter: { settings: { thread: [thread[0], { text: "The end", media: [{ id: "c", altText: "A light…" }] }] } },
  });
  // The first file is on its way, and not in the request that the issue is about.
  const shared = contentOf(fixed("/content/media/0/altText") ?? DRAFT);
  assert.deepEqual([shared.text, shared.media], ["Good news", [{ id: "b", altText: "A light…" }]]);
  const own = fixed("/content/platformOverrides/twitter/media/0/altText", withOwnMedia(draft, "twitter"));
  assert.deepEqual(contentOf(own ?? DRAFT).media, [{ id: "b", altText: "A lighthouse by day" }]);
  assert.deepEqual(Object(contentOf(own ?? DRAFT).platformOverrides["twitter"]).media, [
    { id: "b", altText: "A light…" },
  ]);
});

test("what somebody has written, and a list that they have made, is never removed to mend it", () => {
  const settings = {
    thread: [{ text: "" }],
    description: "a <b>",
    tags: ["one", "two"],
    poll: { options: ["Yes", "No"] },
    replyTo: "1",
  };
  const draft: Draft = { ...DRAFT, overrides: { twitter: { settings } } };
  const fixes = (path: string, rule: string) =>
    fixesOf(
      finding({ path: `/content/platformOverrides/twitter/settings/${path}`, rule }),
      draft,
      cutTo,
      undefined,
    ).map(({ name }) => name);
  for (const [path, rule] of [
    ["thread", "twitter.thread.length"],
    ["thread", "twitter.thread.parts"],
    ["thread", "twitter.thread.repeated"],
    ["thread/0", "twitter.settings.thread"],
    ["thread/0/text", "twitter.text.required"],
    ["description", "youtube.description.characters"],
    ["tags", "youtube.tags.length"],
    ["poll/options", "twitter.settings.poll.options"],
  ] as const)
    assert.deepEqual(fixes(path, rule), [], rule);
  for (const [path, rule] of [
    ["replyTo", "twitter.replyTo.restricted"],
    ["poll", "twitter.poll.withMedia"],
    ["tags/1", "youtube.settings.tags"],
  ] as const)
    assert.deepEqual(fixes(path, rule), ["clear"], rule);
});

test("files of a platform's own are changed for it alone, and their uploads arrive for all", () => {
  const draft = withOwnMedia({ ...DRAFT, media: [image("a", "Shared"), image("b")] }, "twitter");
  const [copy] = draft.overrides.twitter?.media ?? [];
  const described = withItem(draft, copy?.key ?? "", (item) => ({ ...item, entry: { ...item.entry, altText: "Own" } }));
  const altTexts = ({ media, overrides }: Draft) =>
    [media, overrides.twitter?.media ?? []].map((items) => items.map(({ entry }) => entry?.altText ?? null));
  assert.deepEqual(altTexts(described), [
    ["Shared", null],
    ["Own", null],
  ]);
  const arrived = withUpload(described, "b", (item) => ({ ...item, entry: { id: "b", altText: "Arrived" } }));
  assert.deepEqual(altTexts(arrived), [
    ["Shared", "Arrived"],
    ["Own", "Arrived"],
  ]);
  const keptFirst = fixesOf(
    finding({ rule: "twitter.media.shape", path: "/content/media", actual: 2, limit: 1 }),
    { ...DRAFT, media: arrived.media },
    undefined,
    undefined,
  ).map(({ apply }) => apply({ ...DRAFT, media: arrived.media }).overrides.twitter?.media?.map(({ key }) => key));
  assert.deepEqual(keptFirst.slice(0, 2), [["twitter a"], ["twitter a", "twitter b"]]);
  assert.deepEqual(
    ["a", "b", "c"].map((upload) => hasUpload(arrived, upload)),
    [true, true, false],
  );
});

test("a file on its way is awaited where it is sent, and not for a platform that was left out", () => {
  const media = [image("a", "Arrived")];
  const own: Draft = { ...DRAFT, media, overrides: { threads: { media: [image("b")], settings: {} } } };
  assert.equal(isUploading(own), true);
  assert.equal(isUploading({ ...own, platforms: ["twitter"] }), false);
  assert.equal(isUploading({ ...own, platforms: ["twitter"], others: ["threads"] }), true);
  assert.equal(isUploading({ ...DRAFT, media: [image("b")] }), true);
  const part = withSetting(DRAFT, "twitter", ["thread"], [{ text: "Next", media: [image("c")] }]);
  assert.equal(isUploading(part), true);
  assert.equal(isUploading({ ...part, platforms: ["threads"] }), false);
});

test("more files mend what needs some, and not what has too many or the wrong ones", () => {
  const mended = (change: Partial<Finding>) => isMendedByFiles(finding(change));
  assert.equal(mended({ rule: "twitter.media.shape", actual: 0, limit: 4 }), true);
  assert.equal(mended({ rule: "twitter.media.shape", actual: 5, limit: 4 }), false);
  assert.equal(mended({ rule: "twitter.media.shape", actual: 1, limit: null }), false);
  assert.equal(mended({ rule: "twitter.placement.media" }), true);
  assert.equal(mended({ rule: "twitter.text.required" }), true);
  assert.equal(mended({ rule: "twitter.text.length" }), false);
});

test("every text that has a limit is counted where it is in a request, as its platform counts it", () => {
  const media = [image("a"), image("b", "A lighthouse")];
  const settings = { title: "Fünf", description: "Fünf", tags: ["one"], firstComment: "Hello" };
  const draft: Draft = { ...DRAFT, platforms: ["threads", "youtube"], media, overrides: { youtube: { settings } } };
  const counted = (platform: "youtube" | "threads", from = draft) =>
    countsOf(from, catalog[platform].capabilities, undefined).map(({ path, length, max }) => [
      path.replace(`/content/platformOverrides/${platform}/`, ""),
      length,
      max,
    ]);
  // The title stands for the text.
  assert.deepEqual(counted("youtube"), [
    ["settings/title", 4, 100],
    ["settings/description", 5, 5000],
    ["settings/firstComment", 5, 10_000],
  ]);
  const thread = withSetting(
    draft,
    "threads",
    ["thread"],
    [{ text: "Next" }, { text: "", media: [image("c", "A boat")] }],
  );
  assert.deepEqual(counted("threads", thread), [
    ["/content/text", 9, 500],
    ["/content/media/0/altText", 12, 1000],
    ["settings/thread/0/text", 4, 500],
    ["settings/thread/1/text", 0, 500],
    ["settings/thread/1/media/0/altText", 6, 1000],
  ]);
});

test("a local time that the clocks skip becomes the same time after the change", () => {
  const draft: Draft = { ...DRAFT, when: { ...WHEN, kind: "at" } };
  const skipped = finding({ rule: "scheduledFor.skipped", path: "/scheduledFor", platform: null });
  const [fix] = fixesOf(skipped, draft, undefined, undefined);
  assert.equal(fix?.apply(draft).when.local, "2027-03-28T03:30");
});

test("what the API says by paths is said by labels", () => {
  assert.equal(
    inWords("content.platformOverrides.tiktok.settings.privacyLevel is required.", labelOf),
    "Privacy level is required.",
  );
  assert.equal(
    inWords("The width of content.media[0] is 10 px; set content.platformOverrides.threads.media.", labelOf),
    "The width of file 1 is 10 px; set the media for THREADS.",
  );
  assert.equal(
    inWords("Threads does not support alt text here; content.media[0].altText will not be sent.", labelOf),
    "Threads does not support alt text here; the alt text of file 1 will not be sent.",
  );
  assert.equal(
    inWords("Shorten content.platformOverrides.threads.media[1].altText to at most 1000 characters.", labelOf),
    "Shorten the alt text of file 2 for THREADS to at most 1000 characters.",
  );
  assert.equal(
    inWords("content.media[0].thumbnailMediaId does not match a stored media object", labelOf),
    "The thumbnail of file 1 does not match a stored media object",
  );
  assert.equal(
    inWords("TikTok media must declare sizeBytes: content.media[0].sizeBytes is missing.", labelOf),
    "TikTok media must declare “Size bytes”: file 1 has none.",
  );
  assert.equal(labelOfName("PUBLIC_TO_EVERYONE"), "Public to everyone");
});

/** A post as the API has it. */
function postWith(change: object): Post {
  const content = { text: "Good news", media: [], linkUrl: null, platformOverrides: {} };
  const given = { platformSetId: "set", platformPosts: [{ platform: "twitter" }], onPause: "late", status: "draft" };
  return JSON.parse(JSON.stringify({ id: "post", scheduledFor: null, ...given, content, ...change }));
}

test("what a post has for platforms that it does not go to is kept, and what is written for them", () => {
  const stored = { threads: { text: "Only there" }, linkedin: { settings: { visibility: "CONNECTIONS" } } };
  const post = postWith({ content: { ...postWith({}).content, platformOverrides: stored }, onPause: "skip" });
  const draft = { ...draftOf(post, WHEN), text: "Better news" };
  const { content, onPause } = bodyOf(draft, WHEN);
  assert.deepEqual([content.text, content.platformOverrides, onPause], ["Better news", stored, "skip"]);
  // What is checked is what is published.
  assert.deepEqual(contentOf(draft).platformOverrides, {});
  const also = bodyOf({ ...draft, platforms: ["twitter", "threads"] }, WHEN);
  assert.deepEqual([also.platforms, also.content.platformOverrides], [["twitter", "threads"], stored]);
});

test("a copy has everything but what people must choose themselves for each post", () => {
  const chosen = { privacyLevel: "SELF_ONLY", disableComment: false, brandContentToggle: true };
  const platformOverrides = {
    tiktok: { text: "For fans", settings: { ...chosen, isAigc: true } },
    threads: { text: "T" },
  };
  const post = postWith({ content: { ...postWith({}).content, platformOverrides } });
  const copy = bodyOf(
    copyOf(draftOf(post, WHEN), (platform) => (platform === "tiktok" ? tiktok.sharing : undefined)),
    WHEN,
  );
  assert.deepEqual(copy.content.platformOverrides, {
    tiktok: { text: "For fans", settings: { isAigc: true } },
    threads: { text: "T" },
  });
});

test("a post that is labeled as commercial is one, until somebody says that it is not", () => {
  const { disclosure } = tiktok.sharing;
  const settings = { brandContentToggle: true };
  assert.equal(isCommercial({ settings }, disclosure), true);
  assert.equal(isCommercial({ settings: {} }, disclosure), false);
  assert.equal(isCommercial({ settings: {}, isCommercial: true }, disclosure), true);
  assert.equal(isCommercial({ settings: {}, isCommercial: false }, disclosure), false);
});

test("a time that nobody has changed is sent as it was, to the second and the second time of two", () => {
  const at = "2027-10-31T01:30:30.000Z";
  const when = { ...WHEN, kind: "at", local: "2027-10-31T02:30", at } as const;
  assert.equal(Object(bodyOf(DRAFT, when)).scheduledFor, at);
  const { scheduledFor, timeZone } = Object(bodyOf(DRAFT, { ...when, at: null }));
  assert.deepEqual([scheduledFor, timeZone], ["2027-10-31T02:30", "Europe/Berlin"]);
});

test("what somebody else has changed in a post is told by its parts", () => {
  const file = { id: "m1", url: "https://media.example/1?signature=a", filename: "cat.jpg", altText: "A cat" };
  const content = { ...postWith({}).content, media: [file], platformOverrides: { threads: { text: "Hers" } } };
  const before = postWith({ content });
  const again = { ...file, url: "https://media.example/1?signature=b" };
  assert.deepEqual(changesOf(before, postWith({ content: { ...content, media: [again] } })), []);
  for (const cover of [{ thumbnailMediaId: "m2" }, { thumbnailUrl: "https://example.com/cover.jpg" }]) {
    const covered = changesOf(before, postWith({ content: { ...content, media: [{ ...again, ...cover }] } }));
    assert.deepEqual(
      covered.map(({ of }) => of),
      ["media"],
    );
  }
  const settings = { thread: [{ text: "More" }] };
  const after = postWith({
    content: {
      ...content,
      text: "Their news",
      media: [{ ...again, altText: "A dog" }],
      platformOverrides: { threads: { settings } },
    },
    platformPosts: [{ platform: "threads" }],
    scheduledFor: "2027-10-31T01:30:30.000Z",
    status: "scheduled",
  });
  assert.deepEqual(
    changesOf(before, after).map(({ of, platform, words }) => [of, platform, words]),
    [
      ["text", null, "Their news"],
      ["media", null, "cat.jpg: A dog"],
      ["text", "threads", ""],
      ["settings", "threads", ""],
      ["platforms", null, "threads"],
      ["time", null, "2027-10-31T01:30:30.000Z"],
      ["status", null, "scheduled"],
    ],
  );
});

test("undo goes back over what was typed without a pause, and the end of an upload is no step", () => {
  const item: Item = {
    key: "file",
    entry: null,
    shown: { src: null, type: "image", name: "a.jpg", width: null, height: null, durationSeconds: null },
  };
  let state = reduce(
    { past: [], draft: DRAFT, future: [], revision: 0, last: null },
    { do: "change", edit: (draft) => ({ ...draft, media: [item] }) },
  );
  const typed = (text: string, at: number) =>
    (state = reduce(state, { do: "type", field: "text", at, edit: (draft) => ({ ...draft, text }) }));
  typed("a", 0);
  typed("ab", 100);
  typed("abc", 60_000);
  state = reduce(state, {
    do: "note",
    edit: (draft) => withItem(draft, "file", (before) => ({ ...before, entry: { id: "stored" } })),
  });
  state = reduce(state, { do: "undo" });
  assert.deepEqual([state.draft.text, contentOf(state.draft).media], ["ab", [{ id: "stored" }]]);
  state = reduce(state, { do: "undo" });
  assert.equal(state.draft.text, "Good news");
  state = reduce(reduce(state, { do: "redo" }), { do: "redo" });
  assert.equal(state.draft.text, "abc");
});

test("settings are changed at any depth, and what is empty then is not sent", () => {
  const path = ["thread", 0, "text"];
  const draft = withSetting(DRAFT, "threads", path, "Second");
  assert.deepEqual(contentOf(draft).platformOverrides, { threads: { settings: { thread: [{ text: "Second" }] } } });
  assert.deepEqual(contentOf(withSetting(draft, "threads", ["thread"], undefined)).platformOverrides, {});
  assert.deepEqual(replaceAt({ list: ["a", "b"] }, ["list", 0], undefined), { list: ["b"] });
});

test("a form has a field of the right kind for everything that a schema lets one set", () => {
  const fields = fieldsOf({
    properties: {
      audience: { type: "string", enum: ["all"], description: "Who" },
      only: { type: "string", const: "member" },
      tags: { type: "array", items: { type: "string" } },
      altText: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
      poll: { type: "object", properties: { minutes: { type: "integer", minimum: 5 } }, required: ["minutes"] },
      publishAt: { type: "string", format: "date-time" },
    },
    required: ["audience"],
  });
  assert.deepEqual(
    fields.map(({ name, isRequired, kind }) => [name, isRequired, kind.is]),
    [
      ["audience", true, "choice"],
      ["tags", false, "lines"],
      ["altText", false, "text"],
      ["poll", false, "group"],
      ["publishAt", false, "time"],
    ],
  );
});
