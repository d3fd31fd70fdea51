import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Limit, MediaRule, Quantity, Shape } from "../../model/capabilities.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry, MediaFacts, MediaType, PlatformOverrides } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import type { AccountFacts } from "../definition.ts";
import { QUANTITIES } from "../describe.ts";
import { validatePost, mapMedia, resolveContent, type ValidationContext, type PostToValidate } from "./validate.ts";

const NOW = new Date("2026-11-25T12:00:00Z");
const CONTEXT: ValidationContext = { now: NOW, scheduling: "contract", forcePrivateUploads: false, accounts: null };
const EMPTY = { text: "", media: [], linkUrl: null, platformOverrides: {} };

function validate(post: PostToValidate, context: Partial<ValidationContext> = {}) {
  const { issues, warnings } = validatePost(post, { ...CONTEXT, ...context });
  const brief = issues.map(({ code, path }) => `${code} ${path}`);
  return { issues, warnings, brief };
}

function image(more: MediaEntry = {}): MediaEntry {
  return {
    url: "https://cdn.example.com/a.jpg",
    type: "image",
    mimeType: "image/jpeg",
    sizeBytes: 1000,
    width: 1080,
    height: 1080,
    ...more,
  };
}

function video(more: MediaEntry = {}): MediaEntry {
  return {
    url: "https://cdn.example.com/a.mp4",
    type: "video",
    mimeType: "video/mp4",
    sizeBytes: 18_432_000,
    width: 1080,
    height: 1920,
    durationSeconds: 24,
    ...more,
  };
}

const repeat = <T>(count: number, of: () => T): T[] => Array.from({ length: count }, of);

/** Settings that a platform requires for every post. */
const NEEDED: PlatformOverrides = { tiktok: { settings: { privacyLevel: "SELF_ONLY" } } };

test("every platform's declared shapes pass with their minimum and maximum number of media", () => {
  for (const shape of everyShape()) {
    for (const count of [shape.items.min, shape.items.max]) {
      assert.deepEqual(
        validate(
          postOf(
            shape,
            Array.from({ length: count }, () => typical(shape)),
          ),
        ).brief,
        [],
        `${shape.platform} ${shape.placement}: ${count} of ${shape.name}`,
      );
    }
  }
});

test("one past the maximum number is rejected before any other check", () => {
  for (const shape of everyShape()) {
    const media = Array.from({ length: shape.items.max + 1 }, () => typical(shape));
    if (
      shape.items.max === 0 ||
      shape.others.some((other) => media.length <= other.items.max && other[shape.kind ?? "image"] !== undefined)
    )
      continue;
    const [issue] = validate(postOf(shape, media)).issues;
    assert.equal(
      issue?.code,
      shape.isNamed ? "INVALID_PLACEMENT" : "UNSUPPORTED_MEDIA_CONFIG",
      `${shape.platform} ${shape.placement}: ${shape.name}`,
    );
  }
});

test("every measured limit: at it passes, one past it is rejected with limit, actual and the limit's wording", () => {
  let checked = 0;
  for (const shape of everyShape()) {
    for (const quantity of QUANTITIES) {
      const limit = shape.rule?.limits[quantity];
      if (limit === undefined || shape.kind === null) continue;
      for (const end of ["min", "max"] as const) {
        const bound: number | undefined = limit[end];
        if (bound === undefined || (quantity === "sizeBytes" && bound > 209_715_200)) continue;
        const at = factsAt(shape, quantity, bound);
        const past = factsAt(shape, quantity, end === "max" ? bound * 1.01 : bound * 0.99);
        const where = `${shape.platform} ${shape.placement} ${shape.name}: ${quantity} ${end}`;
        assert.deepEqual(
          validateMeasured(shape, at).filter(({ rule }) => rule.endsWith(`.${quantity}`)),
          [],
          where,
        );
        const found = validateMeasured(shape, past).find(({ rule }) => rule.endsWith(`.${quantity}`));
        assert.equal(found?.code, "UNSUPPORTED_MEDIA_CONFIG", where);
        assert.equal(found.limit, bound, where);
        checked += 1;
      }
    }
  }
  assert.ok(checked > 60);
});

test("an image that is too heavy or too large for a platform is scaled down, not rejected", () => {
  for (const platform of ["threads", "twitter", "linkedin"] as const) {
    assert.deepEqual(
      validate({
        content: { ...EMPTY, text: "x", media: [image({ sizeBytes: 100_000_000, width: 9000, height: 9000 })] },
        platforms: [platform],
      }).brief,
      [],
    );
  }
});

test("text limits: at them passes, one past is CONTENT_TOO_LONG with the counted length", () => {
  for (const [platform, max] of [
    ["threads", 500],
    ["twitter", 280],
    ["linkedin", 3000],
  ] as const) {
    assert.deepEqual(validate({ content: { ...EMPTY, text: "a".repeat(max) }, platforms: [platform] }).brief, []);
    const [issue] = validate({ content: { ...EMPTY, text: "a".repeat(max + 1) }, platforms: [platform] }).issues;
    assert.deepEqual(
      [issue?.code, issue?.path, issue?.actual, issue?.limit, issue?.rule],
      ["CONTENT_TOO_LONG", "/content/text", max + 1, max, `${platform}.text.length`],
    );
  }
});

test("texts in settings and alt texts have their own limits", () => {
  const long = (count: number) => "a".repeat(count);
  const cases: [PlatformName, Record<string, unknown>, MediaEntry[], string][] = [
    ["threads", { topicTag: long(51) }, [], "/content/platformOverrides/threads/settings/topicTag"],
    [
      "threads",
      { poll: { options: [long(25), long(26)] } },
      [],
      "/content/platformOverrides/threads/settings/poll/options/1",
    ],
    ["threads", { thread: [{ text: long(501) }] }, [], "/content/platformOverrides/threads/settings/thread/0/text"],
    [
      "twitter",
      { poll: { options: [long(26), long(25)], durationMinutes: 5 } },
      [],
      "/content/platformOverrides/twitter/settings/poll/options/0",
    ],
    [
      "twitter",
      { thread: [{ text: "x" }, { text: "", media: [image({ altText: long(1001) })] }] },
      [],
      "/content/platformOverrides/twitter/settings/thread/1/media/0/altText",
    ],
    [
      "linkedin",
      { altText: ["x", long(4087)] },
      [image(), image()],
      "/content/platformOverrides/linkedin/settings/altText/1",
    ],
    ["linkedin", { videoTitle: long(401) }, [video()], "/content/platformOverrides/linkedin/settings/videoTitle"],
    ["threads", {}, [image({ altText: long(1001) })], "/content/media/0/altText"],
    ["linkedin", {}, [image({ altText: long(4087) })], "/content/media/0/altText"],
  ];
  for (const [platform, settings, media, path] of cases) {
    assert.deepEqual(
      validate({
        content: { ...EMPTY, text: "x", media, platformOverrides: { [platform]: { settings } } },
        platforms: [platform],
      }).brief,
      [`CONTENT_TOO_LONG ${path}`],
    );
  }
});

test("a link counts toward X's text, to which it is appended once", () => {
  const linkUrl = `https://example.com/${"x".repeat(200)}`;
  const content = (text: string) => ({ ...EMPTY, text, linkUrl });
  assert.deepEqual(validate({ content: content("a".repeat(256)), platforms: ["twitter"] }).brief, []);
  assert.deepEqual(validate({ content: content("a".repeat(257)), platforms: ["twitter"] }).brief, [
    "CONTENT_TOO_LONG /content/text",
  ]);
  assert.equal(resolveContent("twitter", content("see")).text, `see ${linkUrl}`);
  assert.equal(resolveContent("twitter", content(`${linkUrl} is it`)).text, `${linkUrl} is it`);
});

test("X subscribers can post longer texts and videos", () => {
  const account: AccountFacts = { scopes: [], metadata: { subscriptionType: "Premium" }, tokenExpiresAt: null };
  const content = { ...EMPTY, text: "a".repeat(25_000), media: [video({ durationSeconds: 1200 })] };
  assert.deepEqual(validate({ content, platforms: ["twitter"] }, { accounts: { twitter: account } }).brief, []);
  assert.deepEqual(
    validate(
      { content: { ...content, text: "a".repeat(25_001) }, platforms: ["twitter"] },
      { accounts: { twitter: account } },
    ).brief,
    ["CONTENT_TOO_LONG /content/text"],
  );
  const ordinary = { ...account, metadata: { subscriptionType: "None" } };
  assert.deepEqual(validate({ content, platforms: ["twitter"] }, { accounts: { twitter: ordinary } }).brief, [
    "UNSUPPORTED_MEDIA_CONFIG /content/media/0/durationSeconds",
    "CONTENT_TOO_LONG /content/text",
  ]);
});

test("measured values override declared ones, and a difference that changes the result shows both", () => {
  const facts = factsOf(video({ durationSeconds: 301 }));
  const measured = () => facts;
  const post = (durationSeconds: number | null): PostToValidate => ({
    content: { ...EMPTY, text: "x", media: [video({ durationSeconds })] },
    platforms: ["threads"],
  });
  assert.deepEqual(validate(post(null), { measured }).issues[0]?.actual, 301);
  const [issue] = validate(post(24), { measured }).issues;
  assert.deepEqual(
    [issue?.code, issue?.actual, issue?.path],
    ["UNSUPPORTED_MEDIA_CONFIG", { declared: 24, measured: 301 }, "/content/media/0/durationSeconds"],
  );
  assert.match(issue?.message ?? "", /declared as 24 s but is actually 301 s/);
  assert.equal(
    validate(post(400), { measured: () => ({ ...facts, durationSeconds: 20 }) }).issues[0]?.code,
    "UNSUPPORTED_MEDIA_CONFIG",
  );
  assert.deepEqual(validate(post(20), { measured: () => ({ ...facts, durationSeconds: 21 }) }).brief, []);
});

test("a declared type that the bytes contradict is UNSUPPORTED_MEDIA_TYPE, except application/octet-stream", () => {
  const facts = factsOf(image({ mimeType: "image/png" }));
  const post = (mimeType: string): PostToValidate => ({
    content: { ...EMPTY, text: "x", media: [image({ mimeType })] },
    platforms: ["threads"],
  });
  assert.deepEqual(validate(post("image/jpeg"), { measured: () => facts }).brief, [
    "UNSUPPORTED_MEDIA_TYPE /content/media/0/mimeType",
  ]);
  assert.deepEqual(validate(post("application/octet-stream"), { measured: () => facts }).brief, []);
  assert.deepEqual(
    validate(
      { content: { ...EMPTY, text: "x", media: [video()] }, platforms: ["threads"] },
      { measured: () => facts },
    ).brief.slice(0, 1),
    ["UNSUPPORTED_MEDIA_TYPE /content/media/0/mimeType"],
  );
});

test("a thumbnail must be an image once its bytes are known, also in thread parts, however it is referenced", () => {
  const thumbnailUrl = "https://example.com/cover";
  const entry = { ...video(), id: "/content/media/0", thumbnailUrl };
  const thread = [{ text: "y", media: [{ ...video(), id: "part", thumbnailUrl }] }];
  const post: PostToValidate = {
    content: { ...EMPTY, text: "x", media: [entry], platformOverrides: { threads: { settings: { thread } } } },
    platforms: ["threads"],
  };
  const ways = [
    ({ url }: MediaEntry) => url === thumbnailUrl,
    ({ id }: MediaEntry) => id === `${entry.id}/thumbnailUrl` || id === "part/thumbnailUrl",
  ];
  for (const isThumbnail of ways) {
    const validated = (media: MediaEntry) =>
      validate(post, { measured: (each) => (isThumbnail(each) ? factsOf(media) : null) }).brief;
    assert.deepEqual(validated(image()), []);
    assert.deepEqual(validated(video()), [
      "UNSUPPORTED_MEDIA_TYPE /content/media/0/thumbnailUrl",
      "UNSUPPORTED_MEDIA_TYPE /content/platformOverrides/threads/settings/thread/0/media/0/thumbnailUrl",
    ]);
  }
});

test("a thumbnail is given in one way, and is an image that the platform supports", () => {
  const of = (entry: MediaEntry, facts?: Partial<MediaFacts>, platform: PlatformName = "youtube") =>
    validate(
      { content: { ...EMPTY, text: "x", media: [{ ...video(), ...entry }] }, platforms: [platform] },
      { measured: ({ id }) => (id === "m" && facts !== undefined ? { ...factsOf(image()), ...facts } : null) },
    ).brief;
  const path = "/content/media/0/thumbnailMediaId";
  assert.deepEqual(of({ thumbnailMediaId: "m" }, { mimeType: "image/webp" }), []);
  assert.deepEqual(of({ thumbnailMediaId: "m" }, { type: "video" }), [`UNSUPPORTED_MEDIA_TYPE ${path}`]);
  for (const platform of ["youtube", "instagram", "facebook", "linkedin"] as const)
    assert.deepEqual(
      of({ thumbnailMediaId: "m" }, { mimeType: "image/gif" }, platform),
      [`UNSUPPORTED_MEDIA_CONFIG ${path}`],
      platform,
    );
  assert.deepEqual(of({ thumbnailUrl: "https://example.com/c.mp4" }), [
    "UNSUPPORTED_MEDIA_TYPE /content/media/0/thumbnailUrl",
  ]);
  assert.deepEqual(of({ thumbnailUrl: "https://example.com/c", thumbnailMediaId: "m" }), [`VALIDATION_FAILED ${path}`]);
});

test("an override's media replaces the content's on its platform, with all rules; an empty list means none", () => {
  const of = (media: MediaEntry[], youtube: MediaEntry[] | null, platforms: PlatformName[]) =>
    validate({
      content: { ...EMPTY, text: "x", media, platformOverrides: { youtube: { media: youtube } } },
      platforms,
    });
  const own = "/content/platformOverrides/youtube/media";
  assert.deepEqual(of([image()], [video()], ["instagram", "youtube"]).brief, []);
  assert.deepEqual(of([image()], null, ["instagram", "youtube"]).brief.length, 1);
  assert.deepEqual(of([video()], [], ["youtube"]).brief, [`UNSUPPORTED_MEDIA_CONFIG ${own}`]);
  assert.deepEqual(of([video()], [{ ...video(), mimeType: null }], ["youtube"]).brief, [
    `VALIDATION_FAILED ${own}/0/mimeType`,
  ]);
  assert.deepEqual(of([], [video({ durationSeconds: 43_201 })], ["youtube"]).brief, [
    `UNSUPPORTED_MEDIA_CONFIG ${own}/0/durationSeconds`,
  ]);
  const metadata = { longUploadsStatus: "disallowed" };
  const accounts = { youtube: { scopes: [], metadata, tokenExpiresAt: null } };
  const long = {
    content: { ...EMPTY, text: "x", platformOverrides: { youtube: { media: [video({ durationSeconds: 901 })] } } },
  };
  assert.deepEqual(validate({ ...long, platforms: ["youtube"] }, { accounts }).brief, [
    `UNSUPPORTED_MEDIA_CONFIG ${own}/0/durationSeconds`,
  ]);
});

test("the content's media is validated for the platforms that get it, and a warning says if none does", () => {
  const media = [image({ mimeType: "image/heic" })];
  const content = { ...EMPTY, text: "x", media, platformOverrides: { threads: { media: [] } } };
  const { brief, warnings } = validate({ content, platforms: ["threads"] });
  assert.deepEqual(brief, []);
  assert.deepEqual(
    warnings.map(({ rule, path }) => [rule, path]),
    [["request.unusedMedia", "/content/media"]],
  );
  assert.deepEqual(validate({ content, platforms: ["threads", "linkedin"] }).brief, [
    "UNSUPPORTED_MEDIA_TYPE /content/media/0/mimeType",
  ]);
});

test("media types: unlisted ones are accepted nowhere, and a GIF only on X", () => {
  const of = (mimeType: string, platform: PlatformName) =>
    validate({ content: { ...EMPTY, text: "x", media: [image({ mimeType })] }, platforms: [platform] }).brief;
  assert.deepEqual(of("image/heic", "threads"), ["UNSUPPORTED_MEDIA_TYPE /content/media/0/mimeType"]);
  assert.deepEqual(of("image/gif", "threads"), ["UNSUPPORTED_MEDIA_TYPE /content/media/0/mimeType"]);
  assert.deepEqual(of("image/gif", "twitter"), []);
  assert.deepEqual(of("image/webp", "linkedin"), []);
});

test("a video that needs remuxing is accepted, and rejected with the reason if it cannot be remuxed", () => {
  const of = (platform: PlatformName, facts: Partial<MediaFacts>) => {
    const entry = video({ mimeType: facts.mimeType ?? "video/mp4" });
    return validate(
      { content: { ...EMPTY, text: "x", media: [entry] }, platforms: [platform] },
      { measured: () => ({ ...factsOf(entry), ...facts }) },
    ).issues;
  };
  const film = { mimeType: "video/quicktime", indexFirst: false };
  const rewrapObstacle = "is made up of several edits";
  for (const platform of PLATFORM_NAMES.filter((name) => name !== "tiktok"))
    assert.deepEqual(of(platform, film), [], platform);
  for (const platform of ["linkedin", "instagram", "threads"] as const) {
    const [issue] = of(platform, { ...film, rewrapObstacle });
    assert.deepEqual(
      [issue?.rule, issue?.code, issue?.path],
      [`${platform}.video.wrapping`, "UNSUPPORTED_MEDIA_CONFIG", "/content/media/0"],
    );
    assert.match(issue?.message ?? "", /cannot be rewrapped without re-encoding: it is made up of several edits\.$/);
    assert.match(issue?.fix ?? "", /^Export the video again as MP4/);
  }
  assert.deepEqual(of("facebook", { ...film, rewrapObstacle }), []);
  assert.deepEqual(of("threads", { ...film, indexFirst: true, rewrapObstacle }), []);
  assert.deepEqual(
    of("threads", { ...film, videoCodec: "vp9" }).map(({ rule }) => rule),
    ["threads.video.videoCodec"],
  );
});

test("the limit is 200 MB per file, to the byte", () => {
  const of = (sizeBytes: number) =>
    validate({ content: { ...EMPTY, text: "x", media: [video({ sizeBytes })] }, platforms: ["threads"] }).brief;
  assert.deepEqual(of(209_715_200), []);
  assert.deepEqual(of(209_715_201), ["UNSUPPORTED_MEDIA_CONFIG /content/media/0/sizeBytes"]);
});

test("images with video are rejected where the platform never mixes them, and accepted by Threads", () => {
  const content = { ...EMPTY, text: "x", media: [image(), video()] };
  assert.deepEqual(validate({ content, platforms: ["threads"] }).brief, []);
  assert.deepEqual(validate({ content, platforms: ["twitter"] }).brief, ["MIXED_MEDIA_NOT_SUPPORTED /content/media"]);
  assert.deepEqual(validate({ content, platforms: ["linkedin"] }).brief, ["MIXED_MEDIA_NOT_SUPPORTED /content/media"]);
});

test("X accepts 4 images, or one GIF, or one video", () => {
  const of = (media: MediaEntry[]) => validate({ content: { ...EMPTY, media }, platforms: ["twitter"] }).brief;
  assert.deepEqual(of(repeat(4, image)), []);
  assert.deepEqual(of(repeat(5, image)), ["UNSUPPORTED_MEDIA_CONFIG /content/media"]);
  assert.deepEqual(of([image({ mimeType: "image/gif" })]), []);
  assert.equal(of(repeat(2, () => image({ mimeType: "image/gif" }))).length, 2);
  assert.deepEqual(of(repeat(2, video)), ["UNSUPPORTED_MEDIA_CONFIG /content/media"]);
});

test("X counts cashtags and rejects invisible characters, in every part", () => {
  const of = (text: string, thread: { text: string }[] = []) =>
    validate({
      content: { ...EMPTY, text, platformOverrides: thread.length === 0 ? {} : { twitter: { settings: { thread } } } },
      platforms: ["twitter"],
    }).brief;
  assert.deepEqual(of("buy $ABC for $20"), []);
  assert.deepEqual(of("buy $ABC and $DEF"), ["VALIDATION_FAILED /content/text"]);
  assert.deepEqual(of("a\uFEFFb"), ["VALIDATION_FAILED /content/text"]);
  assert.deepEqual(of("a", [{ text: "b" }, { text: "$A $B" }]), [
    "VALIDATION_FAILED /content/platformOverrides/twitter/settings/thread/1/text",
  ]);
});

test("Threads accepts 5 different links, including content.linkUrl", () => {
  const links = (count: number) =>
    Array.from({ length: count }, (_, index) => `https://example.com/${index}`).join(" ");
  const of = (text: string, linkUrl: string | null = null) =>
    validate({ content: { ...EMPTY, text, linkUrl }, platforms: ["threads"] }).brief;
  assert.deepEqual(of(`${links(5)} https://example.com/0`), []);
  assert.deepEqual(of(links(6)), ["VALIDATION_FAILED /content/text"]);
  assert.deepEqual(of(links(5), "https://example.com/0"), []);
  assert.deepEqual(of(links(5), "https://example.com/9"), ["VALIDATION_FAILED /content/text"]);
});

test("polls and links with media: each platform's own code", () => {
  const options = ["a", "b"];
  const cases: [PlatformName, Partial<typeof EMPTY>, Record<string, unknown>, MediaEntry[], string][] = [
    [
      "threads",
      {},
      { poll: { options } },
      [image()],
      "INVALID_PLACEMENT /content/platformOverrides/threads/settings/poll",
    ],
    [
      "twitter",
      {},
      { poll: { options, durationMinutes: 60 } },
      [image()],
      "UNSUPPORTED_MEDIA_CONFIG /content/platformOverrides/twitter/settings/poll",
    ],
  ];
  for (const [platform, more, settings, media, expected] of cases) {
    assert.deepEqual(
      validate({
        content: { ...EMPTY, text: "x", ...more, media, platformOverrides: { [platform]: { settings } } },
        platforms: [platform],
      }).brief,
      [expected],
    );
  }
  const linkUrl = "https://example.com/a";
  assert.deepEqual(
    validate({ content: { ...EMPTY, text: "x", linkUrl, media: [image()] }, platforms: ["threads", "linkedin"] }).brief,
    ["INVALID_PLACEMENT /content/linkUrl"],
  );
  assert.deepEqual(
    validate({ content: { ...EMPTY, text: "x", linkUrl, media: repeat(2, image) }, platforms: ["linkedin"] }).brief,
    ["UNSUPPORTED_MEDIA_CONFIG /content/linkUrl"],
  );
});

test("LinkedIn's settings require what they describe", () => {
  const of = (settings: Record<string, unknown>, media: MediaEntry[] = [], linkUrl: string | null = null) =>
    validate({
      content: { ...EMPTY, text: "x", media, linkUrl, platformOverrides: { linkedin: { settings } } },
      platforms: ["linkedin"],
    }).brief;
  const at = (member: string) => [`VALIDATION_FAILED /content/platformOverrides/linkedin/settings/${member}`];
  assert.deepEqual(of({ visibility: "CONNECTIONS", isReshareDisabledByAuthor: true }), []);
  assert.deepEqual(of({ visibility: "LOGGED_IN" }), at("visibility"));
  assert.deepEqual(of({ articleTitle: "x" }), at("articleTitle"));
  assert.deepEqual(of({ articleTitle: "x", articleDescription: "y" }, [image()], "https://example.com"), []);
  assert.deepEqual(of({ videoTitle: "x" }, [image()]), at("videoTitle"));
  assert.deepEqual(of({ videoTitle: "x" }, [video()]), []);
  assert.deepEqual(of({ altText: ["a", "b"] }, repeat(3, image)), at("altText"));
  assert.deepEqual(of({ altText: ["a", "b", "c"] }, repeat(3, image)), []);
  assert.deepEqual(of({ altText: "all" }, repeat(3, image)), []);
  assert.deepEqual(of({ altText: 5 }), at("altText"));
});

test("an invalid setting hides no other problem, and is reported with its path and what it must be", () => {
  const settings = { visibility: 5, articleTitle: "x", visibilty: "PUBLIC", text: "y" };
  const { issues } = validate({
    content: { ...EMPTY, text: "a".repeat(3001), platformOverrides: { linkedin: { settings } } },
    platforms: ["linkedin"],
  });
  assert.deepEqual(
    issues.map(({ message }) => message),
    [
      'Unknown key "content.platformOverrides.linkedin.settings.visibilty": ' +
        'did you mean "content.platformOverrides.linkedin.settings.visibility"?',
      '"text" belongs at "content.platformOverrides.linkedin.text"',
      "LinkedIn text is too long: 3001 of 3000 UTF-16 units.",
      'content.platformOverrides.linkedin.settings.visibility must be one of "PUBLIC", "CONNECTIONS".',
      "LinkedIn articleTitle requires content.linkUrl.",
    ],
  );
});

test("a text is required without media, and always on LinkedIn; white space does not count", () => {
  const of = (platform: PlatformName, media: MediaEntry[]) =>
    validate({ content: { ...EMPTY, text: " \n ", media }, platforms: [platform] }).brief;
  assert.deepEqual(of("threads", []), ["VALIDATION_FAILED /content/text"]);
  assert.deepEqual(of("twitter", []), ["VALIDATION_FAILED /content/text"]);
  assert.deepEqual(of("threads", [image()]), []);
  assert.deepEqual(of("twitter", [image()]), []);
  assert.deepEqual(of("linkedin", [image()]), ["VALIDATION_FAILED /content/text"]);
  const overridden = { ...EMPTY, platformOverrides: { linkedin: { text: "own" } } };
  assert.deepEqual(validate({ content: overridden, platforms: ["linkedin"] }).brief, []);
  assert.deepEqual(
    validate({
      content: { ...overridden, text: "x", platformOverrides: { linkedin: { text: "" } } },
      platforms: ["linkedin"],
    }).brief,
    ["VALIDATION_FAILED /content/platformOverrides/linkedin/text"],
  );
});

test("if media fit another placement as they are, the fix names it", () => {
  const fixesOf = (media: MediaEntry, settings = {}) =>
    validate({
      content: { ...EMPTY, media: [media], platformOverrides: { instagram: { settings } } },
      platforms: ["instagram"],
    }).issues.map(({ fix }) => fix);
  const tall = image({ width: 1080, height: 1920 });
  const fix =
    "Send an image whose aspect ratio is between 4:5 and 1.91:1. " +
    'Or set content.platformOverrides.instagram.settings.placement to "story", which supports it as it is.';
  assert.deepEqual(fixesOf(tall), [fix]);
  assert.deepEqual(fixesOf(tall, { placement: "feed" }), [fix]);
  assert.deepEqual(
    fixesOf({ ...tall, mimeType: "image/gif" }).filter((each) => each.includes("story")),
    [],
  );
});

test("a fix for a file of an unsupported type lists the types of its kind", () => {
  const fixesOf = (entry: MediaEntry) =>
    validate({ content: { ...EMPTY, media: [entry] }, platforms: ["twitter"] }).issues.map(({ fix }) => fix);
  const video = "Send video/mp4 or video/quicktime.";
  assert.deepEqual(fixesOf({ url: "https://cdn.example/v", type: "video", mimeType: "video/webm" }), [video]);
  assert.deepEqual(fixesOf({ url: "https://cdn.example/v", mimeType: "video/webm" }), [video]);
  const [fix] = fixesOf({ url: "https://cdn.example/v", mimeType: "application/pdf" });
  assert.match(fix ?? "", /image\/jpeg.*video\/mp4/);
});

test("a fix for what must be an object shows its required texts and names its fields", () => {
  const fixOf = (settings: Record<string, unknown>) =>
    validate({
      content: { ...EMPTY, text: "one", platformOverrides: { twitter: { settings } } },
      platforms: ["twitter"],
    }).issues.map(({ fix }) => fix);
  const [part] = fixOf({ thread: ["two"] });
  assert.equal(
    part,
    "Correct content.platformOverrides.twitter.settings.thread[0]. " +
      'It is an object such as {"text": "..."} with text and media.',
  );
  const [poll] = fixOf({ poll: "Yes or no?" });
  assert.match(poll ?? "", /settings\.poll\. It is an object with options and durationMinutes\./);
});

test("the parts of a thread follow the rules of a post, each with its own path", () => {
  const thread = [{ text: "two" }, { text: "" }, { text: "", media: repeat(5, image) }, { text: 7 }];
  const { brief } = validate({
    content: { ...EMPTY, text: "one", platformOverrides: { twitter: { settings: { thread } } } },
    platforms: ["twitter"],
  });
  const at = "/content/platformOverrides/twitter/settings/thread";
  assert.deepEqual(brief, [
    `UNSUPPORTED_MEDIA_CONFIG ${at}/2/media`,
    `VALIDATION_FAILED ${at}/1/text`,
    `VALIDATION_FAILED ${at}/3/text`,
  ]);
});

test("scheduledFor: a minute of grace, at most a year, and only where the contract or the operator allows it", () => {
  const of = (scheduledFor: string, platform: PlatformName, scheduling: "contract" | "all" = "contract") =>
    validate({ content: { ...EMPTY, text: "x" }, platforms: [platform], scheduledFor }, { scheduling }).issues.map(
      ({ message }) => message,
    );
  assert.deepEqual(of("2026-11-25T11:59:00Z", "facebook"), []);
  assert.deepEqual(of("2026-11-25T11:58:59Z", "facebook"), ["scheduledFor must be in the future."]);
  assert.deepEqual(of("2027-11-25T12:00:00Z", "facebook"), []);
  assert.deepEqual(of("2027-11-25T12:00:01Z", "facebook"), ["scheduledFor must be at most one year ahead."]);
  assert.deepEqual(of("2026-12-01T12:00:00Z", "linkedin"), ["LinkedIn posts cannot be scheduled yet."]);
  assert.deepEqual(of("2026-12-01T12:00:00Z", "linkedin", "all"), []);
});

test("accounts: not connected, missing scopes, and a warning about the token", () => {
  const scopes = ["threads_basic", "threads_content_publish"];
  const of = (account: AccountFacts | null, scheduledFor: string | null = null) =>
    validate(
      { content: { ...EMPTY, text: "x" }, platforms: ["threads"], scheduledFor },
      { scheduling: "all", accounts: { threads: account } },
    );
  assert.deepEqual(of(null).brief, ["PLATFORM_NOT_CONNECTED /platforms/0"]);
  assert.deepEqual(of({ scopes: ["threads_basic"], metadata: {}, tokenExpiresAt: null }).brief, [
    "VALIDATION_FAILED /platforms/0",
  ]);
  assert.deepEqual(of({ scopes, metadata: {}, tokenExpiresAt: null }).brief, []);
  const ending = of({ scopes, metadata: {}, tokenExpiresAt: "2026-12-01T00:00:00Z" }, "2026-12-02T00:00:00Z");
  assert.deepEqual(ending.brief, []);
  assert.deepEqual(
    ending.warnings.map(({ code }) => code),
    ["AUTH_EXPIRED"],
  );
});

test("issues are ordered by topic, then by platform", () => {
  const content = {
    ...EMPTY,
    text: "a".repeat(3001),
    media: [image(), video()],
    platformOverrides: { linkedin: { settings: { visibility: "x", nothing: 1 } } },
  };
  const { issues } = validate(
    { content, platforms: ["twitter", "linkedin"], scheduledFor: "2026-12-01T00:00:00Z" },
    { accounts: {} },
  );
  assert.deepEqual(
    issues.map(({ platform, code }) => `${platform} ${code}`),
    [
      "linkedin VALIDATION_FAILED",
      "twitter MIXED_MEDIA_NOT_SUPPORTED",
      "linkedin MIXED_MEDIA_NOT_SUPPORTED",
      "twitter CONTENT_TOO_LONG",
      "linkedin CONTENT_TOO_LONG",
      "linkedin VALIDATION_FAILED",
      "twitter VALIDATION_FAILED",
      "linkedin VALIDATION_FAILED",
      "twitter PLATFORM_NOT_CONNECTED",
      "linkedin PLATFORM_NOT_CONNECTED",
    ],
  );
});

test("resolving merges overrides, chooses the placement, splits the thread and places the link", () => {
  const content = {
    text: "all",
    media: [image()],
    linkUrl: "https://example.com",
    platformOverrides: {
      twitter: {
        text: "own",
        settings: { thread: [{ text: "two", media: [video()] }], replySettings: "verified", poll: null },
      },
      instagram: { settings: { placement: "story" } },
    },
  };
  const twitter = mapMedia(resolveContent("twitter", content), ({ type }) => type);
  assert.deepEqual(twitter, {
    text: "own https://example.com",
    media: ["image"],
    linkUrl: null,
    placement: null,
    settings: { replySettings: "verified" },
    cover: null,
    thread: [{ text: "two", media: ["video"] }],
  });
  const { text, placement } = resolveContent("instagram", content);
  assert.deepEqual({ text, placement }, { text: "", placement: "story" });
  assert.equal(resolveContent("instagram", { ...content, platformOverrides: {} }).placement, "feed");
  assert.equal(resolveContent("instagram", { ...content, media: [video()], platformOverrides: {} }).placement, "reel");
  assert.equal(
    resolveContent("instagram", { ...content, media: repeat(2, image), platformOverrides: {} }).placement,
    "carousel",
  );
  assert.equal(resolveContent("facebook", { ...content, media: [video()], platformOverrides: {} }).placement, "feed");
  const { text: articleText, linkUrl } = resolveContent("linkedin", { ...content, platformOverrides: {} });
  assert.deepEqual({ articleText, linkUrl }, { articleText: "all", linkUrl: "https://example.com" });
});

test("no input makes validation throw, and every issue is complete", () => {
  const entry = fc.record(
    {
      url: fc.string(),
      type: fc.constantFrom("image" as const, "video" as const, null),
      mimeType: fc.oneof(fc.constantFrom("image/jpeg", "image/gif", "video/mp4", "video/quicktime"), fc.string()),
      sizeBytes: fc.nat(),
      width: fc.double(),
      height: fc.double(),
      durationSeconds: fc.double(),
      altText: fc.string(),
    },
    { requiredKeys: [] },
  );
  const settingNames = PLATFORM_NAMES.flatMap((platform) => Object.keys(catalog[platform].settings.shape));
  const override = fc.record(
    {
      text: fc.string(),
      settings: fc.dictionary(fc.oneof(fc.constantFrom(...settingNames), fc.string()), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const overrides = fc.dictionary(fc.constantFrom(...PLATFORM_NAMES), override);
  const post = fc.record(
    {
      content: fc.record(
        {
          text: fc.string({ unit: "grapheme" }),
          media: fc.array(entry),
          linkUrl: fc.string(),
          platformOverrides: overrides,
        },
        { requiredKeys: [] },
      ),
      platforms: fc.subarray([...PLATFORM_NAMES]),
      scheduledFor: fc.string(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(post, (given) => {
      const { issues, warnings } = validatePost(given, { ...CONTEXT, accounts: {} });
      for (const issue of [...issues, ...warnings]) {
        assert.deepEqual(Object.keys(issue).sort(), [
          "actual",
          "code",
          "fix",
          "limit",
          "message",
          "path",
          "platform",
          "rule",
        ]);
        assert.ok(
          issue.message !== "" && issue.fix !== "" && issue.actual !== undefined && issue.limit !== undefined,
          JSON.stringify(issue),
        );
      }
    }),
    { numRuns: 300 },
  );
});

interface OneShape extends Shape {
  platform: PlatformName;
  placement: string;
  isNamed: boolean;
  kind: MediaType | null;
  rule: MediaRule | undefined;
  /** The other shapes of the placements that the post can have. */
  others: readonly Shape[];
}

function everyShape(): OneShape[] {
  return Object.values(catalog).flatMap(({ capabilities: { platform, placements } }) =>
    placements.flatMap((placement) =>
      placement.shapes.map((shape): OneShape => {
        const isNamed = placements.length > 1;
        const kind = shape.image ? "image" : shape.video ? "video" : null;
        const others = placement.shapes.filter((other) => other !== shape);
        return {
          ...shape,
          platform,
          placement: placement.name,
          isNamed,
          kind,
          rule: shape.image ?? shape.video,
          others,
        };
      }),
    ),
  );
}

function postOf({ platform, placement, isNamed }: OneShape, media: MediaEntry[]): PostToValidate {
  const settings = { ...NEEDED[platform]?.settings, ...(isNamed ? { placement } : {}) };
  return {
    content: { ...EMPTY, text: "x", media, platformOverrides: { [platform]: { settings } } },
    platforms: [platform],
  };
}

/** A media item well within the limits of the shape. */
function typical({ kind, rule }: OneShape): MediaEntry {
  const mimeType = rule?.types[0] ?? null;
  return kind === "video" ? video({ mimeType }) : image({ mimeType });
}

function factsOf(entry: MediaEntry): MediaFacts {
  const isVideo = entry.type === "video";
  return {
    type: entry.type ?? "image",
    mimeType: entry.mimeType ?? "image/jpeg",
    sizeBytes: entry.sizeBytes ?? 1000,
    width: entry.width ?? null,
    height: entry.height ?? null,
    durationSeconds: entry.durationSeconds ?? null,
    frameRate: isVideo ? 30 : null,
    bitRate: isVideo ? 5_000_000 : null,
    videoCodec: isVideo ? "avc" : null,
    audioCodec: isVideo ? "aac" : null,
    audioChannels: isVideo ? 2 : null,
    audioSampleRate: isVideo ? 48_000 : null,
    animated: false,
    orientation: 1,
  };
}

function factsAt(shape: OneShape, quantity: Quantity, value: number): MediaFacts {
  const facts = factsOf(typical(shape));
  switch (quantity) {
    case "ratio":
      return { ...facts, width: value * 1000, height: 1000 };
    case "pixels":
      return { ...facts, width: value / 1000, height: 1000 };
    case "shortSide":
      return { ...facts, width: value, height: value + 1 };
    case "longSide":
      return { ...facts, width: value, height: value - 1 };
    default:
      return { ...facts, [quantity]: value };
  }
}

function validateMeasured(shape: OneShape, facts: MediaFacts) {
  const { width, height, durationSeconds, sizeBytes } = facts;
  const entry: MediaEntry = { ...typical(shape), width, height, durationSeconds, sizeBytes };
  const media = Array.from({ length: Math.max(shape.items.min, 1) }, () => entry);
  return validate(postOf(shape, media), { measured: () => facts }).issues;
}

test("every limit has a source and a minimum or maximum", () => {
  const limits: Limit[] = everyShape().flatMap(({ rule }) => Object.values(rule?.limits ?? {}));
  for (const limit of limits) assert.ok(limit.source !== "" && (limit.min !== undefined || limit.max !== undefined));
});

test("what is wrong with the media for one of several platforms is mended with media of its own", () => {
  const fixes = (platforms: PlatformName[], media: MediaEntry[], platformOverrides: PlatformOverrides = {}) =>
    validate({ content: { ...EMPTY, text: "Hello", media, platformOverrides }, platforms }).issues.map(
      ({ fix }) => fix,
    );
  const photo = image();
  const onlyHere = /Set content\.platformOverrides\.youtube\.media to use other media on this platform only\.$/;
  const [shared, ...more] = fixes(["threads", "youtube"], [photo], { youtube: { settings: { title: "Film" } } });
  assert.match(shared ?? "", onlyHere);
  assert.deepEqual(more, []);
  const [alone] = fixes(["youtube"], [photo]);
  assert.doesNotMatch(alone ?? "", /platformOverrides/);
  const [own] = fixes(["threads", "youtube"], [photo], { youtube: { media: [photo] } });
  assert.doesNotMatch(own ?? "", onlyHere);
  const [reel] = fixes(["threads", "instagram"], [photo], { instagram: { settings: { placement: "reel" } } });
  assert.match(
    reel ?? "",
    /^Set content\.platformOverrides\.instagram\.settings\.placement to .*content\.platformOverrides\.instagram\.media /,
  );
  for (const platform of ["threads", "twitter"] as const) {
    const poll = { options: ["Yes", "No"], ...(platform === "twitter" ? { durationMinutes: 60 } : {}) };
    const [fix] = fixes([platform, "instagram"], [photo], { [platform]: { settings: { poll } } });
    assert.match(fix ?? "", new RegExp(`^Set content\\.platformOverrides\\.${platform}\\.media to \\[\\] `));
    assert.deepEqual(fixes([platform, "instagram"], [photo], { [platform]: { media: [], settings: { poll } } }), []);
  }
});

test("no fix advises to publish what is to be published later", () => {
  const said = PLATFORM_NAMES.flatMap((platform) => [
    ...catalog[platform].rules.map(({ fix }) => fix),
    ...validate({
      content: { ...EMPTY, text: "Hello" },
      platforms: [platform],
      scheduledFor: "2026-11-26T12:00:00Z",
    }).issues.map(({ fix }) => fix),
  ]);
  for (const fix of said) {
    assert.doesNotMatch(fix, /at once|immediately|right away|publish (it )?now/i);
    if (/(remove|omit|without) scheduledFor/i.test(fix)) assert.match(fix, /draft|publishAt/);
  }
});
