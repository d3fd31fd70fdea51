import type { MediaRule, Placement, Shape } from "../../model/capabilities.ts";
import type { MediaEntry, MediaFacts, PostContent } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import { validatePost, type ValidationResult } from "../validate/validate.ts";
import type { Fixture } from "./media.fixture.ts";
import type { Subject } from "./subject.ts";

/** A post of a declared shape, and how many entries the audience sees once it is live. */
export interface Example {
  name: string;
  content: PostContent;
  parts: number;
}

/** The minimum and maximum of each shape of each placement, each file type on its own, and a thread. */
export function declaredExamples(subject: Subject, fixtures: readonly Fixture[]): Example[] {
  const { capabilities } = catalog[subject.name];
  const shapes = capabilities.placements.flatMap((placement) =>
    placement.shapes.map((shape) => ({ placement, shape })),
  );
  const counted = shapes.flatMap(({ placement, shape }) =>
    [...new Set([shape.items.min, shape.items.max])].map((count) =>
      exampleOf(subject, placement, shape, pick(fixtures, subject, placement, shape, count)),
    ),
  );
  const typed = shapes.flatMap(({ placement, shape }) =>
    shape.items.max !== 1
      ? []
      : suitable(fixtures, subject, placement, shape).map((fixture) => exampleOf(subject, placement, shape, [fixture])),
  );
  const examples = [
    ...counted,
    ...typed,
    ...(capabilities.chain === undefined ? [] : [chainExample(subject, fixtures)]),
  ];
  return [...new Map(examples.map((example) => [example.name, example])).values()];
}

/** The simplest supported post: text only where that is allowed, otherwise the first shape. */
export function plainExample(subject: Subject, fixtures: readonly Fixture[]): Example {
  const [first] = declaredExamples(subject, fixtures);
  if (first === undefined) throw new Error(`${subject.name} declares no shape`);
  return first;
}

/** A post with media if the platform supports any, so that every kind of request is sent. */
export function richExample(subject: Subject, fixtures: readonly Fixture[]): Example {
  return (
    declaredExamples(subject, fixtures).find((example) => example.content.media.length > 0) ??
    plainExample(subject, fixtures)
  );
}

/** A post with one video. */
export function videoExample(subject: Subject, fixtures: readonly Fixture[]): Example {
  const isVideo = (filename: string | null | undefined): boolean =>
    fixtures.some((fixture) => fixture.filename === filename && fixture.facts.type === "video");
  const found = declaredExamples(subject, fixtures).find(
    ({ content }) => content.media.length === 1 && isVideo(content.media[0]?.filename),
  );
  if (found === undefined) throw new Error(`${subject.name} declares no single video`);
  return found;
}

/** One post for each combination that may use different requests: placement, media types, one or several. */
export function oneOfEachKind(subject: Subject, fixtures: readonly Fixture[]): Example[] {
  const typeOf = (filename: string | null | undefined): string =>
    fixtures.find((fixture) => fixture.filename === filename)?.facts.type ?? "";
  const kindOf = ({ content }: Example): string => {
    const { placement } = content.platformOverrides[subject.name]?.settings ?? {};
    return JSON.stringify([
      placement,
      [...new Set(content.media.map(({ filename }) => typeOf(filename)))],
      content.media.length > 1,
    ]);
  };
  const single = declaredExamples(subject, fixtures).filter(({ parts }) => parts === 1);
  return [...new Map(single.toReversed().map((example) => [kindOf(example), example])).values()].toReversed();
}

/** Whether nothing on the platform can show later that this post was published. */
export function isUnreadable(subject: Subject, fixtures: readonly Fixture[], content: PostContent): boolean {
  const [first] = content.media;
  return (
    subject.unreadable !== undefined &&
    fixtures.some(({ filename, facts }) => filename === first?.filename && facts.type === subject.unreadable)
  );
}

/** Validates the post, with `facts` overriding what was measured. */
export function validateExample(
  subject: Subject,
  content: PostContent,
  fixtures: readonly Fixture[],
  facts: Partial<MediaFacts> = {},
): ValidationResult {
  return validatePost(
    { content, platforms: [subject.name], scheduledFor: null },
    {
      now: new Date(),
      scheduling: "contract",
      forcePrivateUploads: false,
      accounts: null,
      measured: (entry) => {
        const fixture = fixtures.find((candidate) => candidate.filename === entry.filename);
        return fixture === undefined ? null : { ...fixture.facts, ...facts };
      },
    },
  );
}

export function exampleOf(subject: Subject, placement: Placement, shape: Shape, media: readonly Fixture[]): Example {
  const files = [...new Set(media.map((fixture) => fixture.filename))].join(", ");
  return {
    name: `${placement.name}: ${media.length === 0 ? "text only" : `${media.length} × ${files}`}`,
    content: contentOf(
      subject,
      placement,
      shape.text === "hidden" ? "" : `Conformance ${media.length}`,
      media.map((fixture, index) => entryOf(fixture, shape, index)),
    ),
    parts: 1,
  };
}

/** The files that the shape accepts, according to the platform's own validation. */
export function suitable(
  fixtures: readonly Fixture[],
  subject: Subject,
  placement: Placement,
  shape: Shape,
): Fixture[] {
  return fixtures.filter((fixture) => {
    const rule = shape[fixture.facts.type];
    if (rule === undefined || !takesType(rule, fixture.facts.mimeType)) return false;
    const single = contentOf(
      subject,
      placement,
      shape.text === "hidden" ? "" : "Conformance",
      Array.from({ length: Math.max(1, shape.items.min) }, () => entryOf(fixture, shape, 1)),
    );
    return validateExample(subject, single, fixtures).issues.length === 0;
  });
}

function pick(
  fixtures: readonly Fixture[],
  subject: Subject,
  placement: Placement,
  shape: Shape,
  count: number,
): Fixture[] {
  if (count === 0) return [];
  const candidates = suitable(fixtures, subject, placement, shape);
  const kinds = (["image", "video"] as const).flatMap(
    (kind) => candidates.find((fixture) => fixture.facts.type === kind) ?? [],
  );
  if (kinds.length === 0) throw new Error(`no fixture fits ${subject.name}'s "${shape.name}" of ${placement.name}`);
  return Array.from({ length: count }, (_, index) => kinds[index % kinds.length]).filter(
    (fixture) => fixture !== undefined,
  );
}

function takesType(rule: MediaRule, mimeType: string): boolean {
  return [...rule.types, ...rule.converted].some((type) => type === mimeType);
}

function entryOf({ filename, facts }: Fixture, shape: Shape, index: number): MediaEntry {
  return { filename, ...(shape[facts.type]?.altText === undefined ? {} : { altText: `Picture ${index + 1}` }) };
}

function contentOf({ name, settings }: Subject, placement: Placement, text: string, media: MediaEntry[]): PostContent {
  const named = catalog[name].capabilities.placements.length > 1 ? { placement: placement.name } : {};
  return { text, media, linkUrl: null, platformOverrides: { [name]: { settings: { ...settings, ...named } } } };
}

/** Three parts, the second with an image if the platform supports one. */
function chainExample(subject: Subject, fixtures: readonly Fixture[]): Example {
  const [placement] = catalog[subject.name].capabilities.placements;
  const shape = placement.shapes.find((candidate) => candidate.image !== undefined) ?? placement.shapes[0];
  const [picture] = suitable(fixtures, subject, placement, shape);
  const content = contentOf(subject, placement, "Part one", []);
  const thread = [
    { text: "Part two", media: picture === undefined ? [] : [entryOf(picture, shape, 0)] },
    { text: "Part three" },
  ];
  const override = content.platformOverrides[subject.name];
  return {
    name: "a thread of three",
    content: {
      ...content,
      platformOverrides: { [subject.name]: { ...override, settings: { ...override?.settings, thread } } },
    },
    parts: 3,
  };
}
