import {
  isMimeType,
  type Capabilities,
  type Limit,
  type MediaRule,
  type MimeType,
  type Placement,
  type Quantity,
  type Shape,
} from "../../model/capabilities.ts";
import type { Issue } from "../../model/errors.ts";
import type { MediaType } from "../../model/post.ts";
import { type AccountFacts, type MeasuredMedia, settingPath } from "../definition.ts";
import {
  describeLimit,
  describePlacement,
  describeShapes,
  joinWords,
  QUANTITIES,
  QUANTITY_WORDS,
} from "../describe.ts";
import { isRewrapped } from "../kit/wrapping.ts";
import { dotted, type TopicIssue } from "./files.ts";
import { fittingShapes, mediaKind, type Resolved } from "./resolve-content.ts";
import { raise } from "./text-limit.ts";

/** The media of one part of a post, with their place in the request and how they can be published. */
export interface MediaPart {
  media: readonly MeasuredMedia[];
  /** JSON Pointer of the array. */
  path: string;
  placements: Resolved["placements"];
  shapes: readonly Shape[];
  /** Set if the caller named an existing placement; its issues point there. */
  placementPath: string | null;
}

/** Validates number, types, formats and measures of one part's media for one platform. */
export function validateMedia(capabilities: Capabilities, part: MediaPart, account: AccountFacts | null): TopicIssue[] {
  const { media, shapes } = part;
  const foreign = media.flatMap((entry, index) => validateForeignType(capabilities, entry, `${part.path}/${index}`));
  if (shapes.length === 0) return [...foreign, validateNoShape(capabilities, part)];
  const verdictOf = (shape: Shape) =>
    media.flatMap((entry, index) => validateEntry(capabilities, entry, `${part.path}/${index}`, shape, account));
  const best = shapes.map(verdictOf).reduce((best, verdict) => (verdict.length < best.length ? verdict : best));
  const other = capabilities.placements.find(
    (placement) =>
      best.length > 0 &&
      foreign.length === 0 &&
      !part.placements.includes(placement) &&
      fittingShapes([placement], media).some((shape) => verdictOf(shape).length === 0),
  );
  return [...foreign, ...(other === undefined ? best : best.map((found) => orPlaced(capabilities, found, other)))];
}

/** An issue whose fix names a placement that supports the media as they are. */
function orPlaced({ platform }: Capabilities, { about, issue }: TopicIssue, { name }: Placement): TopicIssue {
  const setting = dotted(settingPath(platform, "placement"));
  return {
    about,
    issue: { ...issue, fix: `${issue.fix} Or set ${setting} to "${name}", which supports it as it is.` },
  };
}

/** A picture that is not one of the post's media, such as a cover: every issue is at `path`. */
export function validatePicture(capabilities: Capabilities, picture: MeasuredMedia, path: string): TopicIssue[] {
  const { platform, thumbnail } = capabilities;
  if (thumbnail === undefined || mediaKind(picture) !== "image") return [];
  const format = validateFormat(capabilities, picture, path, thumbnail);
  const found = format.length > 0 ? format : validateMeasures(capabilities, picture, path, thumbnail, null);
  return found.map(({ about, issue }) => ({
    about,
    issue: { ...issue, path, rule: issue.rule.replace(/^[a-z]+\.(?:image|media)\./, `${platform}.cover.`) },
  }));
}

function validateNoShape({ platform, label, placements }: Capabilities, part: MediaPart): TopicIssue {
  const { media, path, placementPath } = part;
  const kinds = media.map(mediaKind);
  const all = placements.flatMap((placement) => placement.shapes);
  const isMixed = new Set(kinds).size > 1;
  const neverMixes = !all.some((shape) => shape.image !== undefined && shape.video !== undefined);
  const counts = describeCounts(kinds);
  if (isMixed && neverMixes) {
    return {
      about: "media",
      issue: {
        rule: `${platform}.media.mixed`,
        code: "MIXED_MEDIA_NOT_SUPPORTED",
        platform,
        path,
        message: `${label} does not support images and video in one post; ${dotted(path)} has ${counts}.`,
        actual: {
          images: kinds.filter((kind) => kind === "image").length,
          videos: kinds.filter((kind) => kind === "video").length,
        },
        limit: null,
        fix: "Send either images or a video, not both.",
      },
    };
  }
  const offered = part.placements.flatMap((placement) => placement.shapes);
  const takers = offered.filter((shape) => kinds.every((kind) => shape[kind] !== undefined));
  const max = takers.length === 0 ? null : Math.max(...takers.map((shape) => shape.items.max));
  const named = placementPath === null ? null : part.placements[0];
  return {
    about: "media",
    issue: {
      rule: named ? `${platform}.placement.media` : `${platform}.media.shape`,
      code: named ? "INVALID_PLACEMENT" : "UNSUPPORTED_MEDIA_CONFIG",
      platform,
      path: placementPath ?? path,
      message:
        `${named ? describePlacement(label, named) : `${label} supports ${describeShapes(offered)}`}; ` +
        `${dotted(path)} has ${counts}.`,
      actual: named ? named.name : media.length,
      limit: named ? null : max,
      fix: named
        ? `Set ${dotted(placementPath ?? path)} to another placement, omit it, or send other media.`
        : `Send ${describeShapes(offered)}.`,
    },
  };
}

function describeCounts(kinds: readonly MediaType[]): string {
  const said = (["image", "video"] as const).flatMap((kind) => {
    const count = kinds.filter((each) => each === kind).length;
    return count === 0 ? [] : [`${count} ${kind}${count === 1 ? "" : "s"}`];
  });
  return said.length === 0 ? "no media" : joinWords(said, "and");
}

function validateEntry(
  capabilities: Capabilities,
  entry: MeasuredMedia,
  path: string,
  shape: Shape,
  account: AccountFacts | null,
): TopicIssue[] {
  const kind = mediaKind(entry);
  const rule = shape[kind];
  if (rule === undefined) return [];
  const format = isForeign(capabilities, entry) ? [] : validateFormat(capabilities, entry, path, rule);
  if (format.length > 0) return format;
  return [
    ...validateMeasures(capabilities, entry, path, rule, account),
    ...validateWrapping(capabilities, entry, path, rule),
    ...validateCodec(capabilities, entry, path, "videoCodec", rule.videoCodecs),
    ...validateCodec(capabilities, entry, path, "audioCodec", rule.audioCodecs),
  ];
}

function validateMeasures(
  capabilities: Capabilities,
  entry: MeasuredMedia,
  path: string,
  rule: MediaRule,
  account: AccountFacts | null,
): TopicIssue[] {
  return QUANTITIES.flatMap((quantity) => {
    const limit = rule.limits[quantity];
    return limit === undefined
      ? []
      : validateQuantity(capabilities, entry, path, mediaKind(entry), quantity, raise(limit, account?.metadata));
  });
}

/** A type supported only for other platforms, such as image/gif. */
function validateForeignType(
  { platform, label, placements }: Pick<Capabilities, "platform" | "label" | "placements">,
  entry: MeasuredMedia,
  path: string,
): TopicIssue[] {
  const type = typeOf(entry);
  if (type !== "image/gif") return [];
  const taken = new Set(
    placements.flatMap(({ shapes }) =>
      shapes.flatMap((shape) =>
        [shape.image, shape.video].flatMap((rule) => [...(rule?.types ?? []), ...(rule?.converted ?? [])]),
      ),
    ),
  );
  return taken.has(type)
    ? []
    : [
        wordType({
          platform,
          label,
          path,
          type,
          taken: [...taken],
          about: "mediaType",
          code: "UNSUPPORTED_MEDIA_TYPE",
        }),
      ];
}

/** Whether its type has been reported already. */
function isForeign(capabilities: Capabilities, entry: MeasuredMedia): boolean {
  return validateForeignType(capabilities, entry, "").length > 0;
}

function validateFormat(
  { platform, label }: Capabilities,
  entry: MeasuredMedia,
  path: string,
  rule: MediaRule,
): TopicIssue[] {
  const type = typeOf(entry);
  const taken = [...rule.types, ...rule.converted];
  if (type === null || taken.includes(type)) return [];
  return [wordType({ platform, label, path, type, taken, about: "media", code: "UNSUPPORTED_MEDIA_CONFIG" })];
}

function typeOf(entry: MeasuredMedia): MimeType | null {
  const type = entry.measured?.mimeType ?? entry.mimeType;
  return isMimeType(type) ? type : null;
}

function wordType({
  platform,
  label,
  path,
  type,
  taken,
  about,
  code,
}: Pick<Capabilities, "platform" | "label"> &
  Pick<TopicIssue, "about"> &
  Pick<Issue, "path" | "code"> & { type: MimeType; taken: readonly MimeType[] }): TopicIssue {
  const types = joinWords(taken, "or");
  return {
    about,
    issue: {
      rule: `${platform}.media.type`,
      code,
      platform,
      path: `${path}/mimeType`,
      message: `${label} does not support ${type} here; ${dotted(path)} must be ${types}.`,
      actual: type,
      limit: taken,
      fix: `Send ${types}.`,
    },
  };
}

/** If measured and declared values lead to different verdicts, that is the issue, and it shows both. */
function validateQuantity(
  { platform, label }: Capabilities,
  entry: MeasuredMedia,
  path: string,
  kind: MediaType,
  quantity: Quantity,
  limit: Limit,
): TopicIssue[] {
  const measured = entry.measured ? measure(entry.measured, quantity) : null;
  const declared = measure(entry, quantity);
  const actual = measured ?? declared;
  if (actual === null) return [];
  const differs = measured !== null && declared !== null && holds(declared, limit) !== holds(measured, limit);
  if (holds(actual, limit) && !differs) return [];
  const member =
    quantity === "sizeBytes" || quantity === "width" || quantity === "height" || quantity === "durationSeconds"
      ? `/${quantity}`
      : "";
  const { noun, unit } = QUANTITY_WORDS[quantity];
  const said = differs
    ? `is declared as ${round(declared)}${unit} but is actually ${round(measured)}${unit}`
    : `is ${round(actual)}${unit}`;
  return [
    {
      about: "media",
      issue: {
        rule: `${platform}.${kind}.${quantity}`,
        code: "UNSUPPORTED_MEDIA_CONFIG",
        platform,
        path: `${path}${member}`,
        message: `The ${noun} of ${dotted(path)} ${said}; ${label} allows ${describeLimit(limit, quantity)}.`,
        actual: differs ? { declared, measured } : actual,
        limit: actual < (limit.min ?? Number.NEGATIVE_INFINITY) ? limit.min : (limit.max ?? limit.min),
        fix: differs
          ? "Declare the actual value, or omit it."
          : `Send ${kind === "image" ? "an image" : "a video"} whose ${noun} is ${describeLimit(limit, quantity)}.`,
      },
    },
  ];
}

function holds(value: number, { min, max }: Limit): boolean {
  return value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
}

function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}

type Measures = Partial<
  Record<
    | "sizeBytes"
    | "width"
    | "height"
    | "durationSeconds"
    | "frameRate"
    | "bitRate"
    | "audioChannels"
    | "audioSampleRate",
    number | null
  >
>;

function measure(of: Measures, quantity: Quantity): number | null {
  const sides = of.width && of.height ? ([of.width, of.height] as const) : null;
  switch (quantity) {
    case "ratio":
      return sides === null ? null : sides[0] / sides[1];
    case "pixels":
      return sides === null ? null : sides[0] * sides[1];
    case "shortSide":
      return sides === null ? null : Math.min(...sides);
    case "longSide":
      return sides === null ? null : Math.max(...sides);
    default:
      return of[quantity] ?? null;
  }
}

/** Rejects files that the platform does not support as they are and that cannot be rewrapped without re-encoding. */
function validateWrapping(
  { platform, label }: Capabilities,
  { measured }: MeasuredMedia,
  path: string,
  rule: MediaRule,
): TopicIssue[] {
  const obstacle = measured?.rewrapObstacle;
  if (!measured || obstacle === undefined || !isRewrapped(measured, rule)) return [];
  const wanted = rule.indexFirst ? "a video with its index at the front" : joinWords(rule.types, "or");
  return [
    {
      about: "media",
      issue: {
        rule: `${platform}.video.wrapping`,
        code: "UNSUPPORTED_MEDIA_CONFIG",
        platform,
        path,
        message:
          `${label} requires ${wanted}, and ${dotted(path)} cannot be rewrapped without re-encoding: ` +
          `it ${obstacle}.`,
        actual: obstacle,
        limit: null,
        fix:
          "Export the video again as MP4 with H.264 and AAC and its index at the front (“fast start” or " +
          "“web optimized”).",
      },
    },
  ];
}

function validateCodec(
  { platform, label }: Capabilities,
  entry: MeasuredMedia,
  path: string,
  member: "videoCodec" | "audioCodec",
  taken: readonly string[] | undefined,
): TopicIssue[] {
  const codec = entry.measured?.[member];
  if (!codec || taken === undefined || taken.includes(codec)) return [];
  const noun = member === "videoCodec" ? "video codec" : "audio codec";
  return [
    {
      about: "media",
      issue: {
        rule: `${platform}.video.${member}`,
        code: "UNSUPPORTED_MEDIA_CONFIG",
        platform,
        path,
        message: `The ${noun} of ${dotted(path)} is ${codec}; ${label} supports ${joinWords(taken, "or")}.`,
        actual: codec,
        limit: taken,
        fix: `Encode the video with ${joinWords(taken, "or")}.`,
      },
    },
  ];
}
