import {
  mediaTypeOf,
  type Capabilities,
  type Limit,
  type MediaRule,
  type Placement,
  type Quantity,
  type Shape,
} from "../model/capabilities.ts";
import { COUNTING_WORDS } from "./kit/text.ts";

/** Says declared capabilities in English: for error texts, docs, llm.txt and the descriptions of tools. */
export function describePlatform(capabilities: Capabilities): string {
  const { label, launch, text, placements, scheduling, chain } = capabilities;
  const sentences = [
    launch.sentence,
    placements.length === 1
      ? `Supports ${describeShapes(placements[0].shapes)}.`
      : `${placements.map((placement) => `${describePlacement(label, placement)}.`).join(" ")} Without settings.placement, the media decide: ${joinWords(
          placements.filter((each) => each.byDefault).map((each) => each.name),
          "or",
        )}.`,
    `Text: up to ${text.max} ` +
      `${COUNTING_WORDS[text.counting]}${text.required === "always" ? ", required" : ""}${text.replacedBy === undefined ? "" : `; settings.${text.replacedBy} replaces it if set`}.`,
    scheduling ? "Supports scheduledFor." : "Publishes immediately: scheduledFor is not supported.",
    ...(chain === undefined
      ? []
      : ['Supports threads: settings.thread has the parts after the first, such as [{"text": "..."}].']),
  ];
  return `${label}: ${sentences.join(" ")}`;
}

/** "An Instagram", "A YouTube": at the beginning of a sentence. */
export function withArticle(label: string): string {
  return `${/^([AEIOU]|X\b)/.test(label) ? "An" : "A"} ${label}`;
}

/** "Instagram reel supports one video". */
export function describePlacement(label: string, placement: Placement): string {
  return `${label} ${placement.name} supports ${describeShapes(placement.shapes)}`;
}

/** "text, one image or one video". */
export function describeShapes(shapes: readonly Shape[]): string {
  return joinWords([...new Set(shapes.map((shape) => shape.name))], "or");
}

/** "at most 300 s", "between 4:5 and 1.91:1". */
export function describeLimit(limit: Limit, quantity: Quantity): string {
  const { unit } = QUANTITY_WORDS[quantity];
  const said = (value: number) => (quantity === "sizeBytes" ? describeBytes(value) : `${value}${unit}`);
  if (limit.words !== undefined) return limit.words;
  if (limit.min !== undefined && limit.max !== undefined)
    return quantity === "sizeBytes"
      ? `between ${said(limit.min)} and ${said(limit.max)}`
      : `between ${limit.min} and ${said(limit.max)}`;
  return limit.max === undefined ? `at least ${said(limit.min ?? 0)}` : `at most ${said(limit.max)}`;
}

const SIZES = [
  [1e9, "GB"],
  [1e6, "MB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [1000, "kB"],
  [1024, "KiB"],
] as const;

/** "300 MiB": an exact size in the largest unit of which it is a whole number. */
export function describeBytes(bytes: number): string {
  const [size, unit] = SIZES.find(([each]) => bytes > 0 && bytes % each === 0) ?? [1, "bytes"];
  return `${bytes / size} ${unit}`;
}

/** How a quantity is named in sentences. */
export const QUANTITY_WORDS: Record<Quantity, { noun: string; unit: string }> = {
  sizeBytes: { noun: "size", unit: " bytes" },
  width: { noun: "width", unit: " px" },
  height: { noun: "height", unit: " px" },
  shortSide: { noun: "shorter side", unit: " px" },
  longSide: { noun: "longer side", unit: " px" },
  pixels: { noun: "number of pixels", unit: "" },
  ratio: { noun: "aspect ratio", unit: "" },
  durationSeconds: { noun: "duration", unit: " s" },
  frameRate: { noun: "frame rate", unit: " frames per second" },
  bitRate: { noun: "bit rate", unit: " bits per second" },
  audioChannels: { noun: "number of audio channels", unit: "" },
  audioSampleRate: { noun: "audio sample rate", unit: " Hz" },
};

/** A row of the reference table of limits. */
export interface LimitRow {
  what: string;
  limit: string;
  source: string;
}

/** Every declared limit of a platform with its source, for the generated reference table. */
export function listLimits(capabilities: Capabilities): LimitRow[] {
  const { text, placements, settingTexts, quotas } = capabilities;
  const counted = (max: number, counting: keyof typeof COUNTING_WORDS): string =>
    `at most ${max} ${COUNTING_WORDS[counting]}`;
  const rows: LimitRow[] = [{ what: "text", limit: counted(text.max, text.counting), source: text.source }];
  if (text.raised)
    rows.push({
      what: `text, ${text.raised.metadata} ${joinWords(text.raised.values, "or")}`,
      limit: counted(text.raised.max, text.counting),
      source: text.source,
    });
  for (const placement of placements) {
    for (const shape of placement.shapes) {
      const what = placements.length > 1 ? `${placement.name}, ${shape.name}` : shape.name;
      if (typeof shape.text === "object")
        rows.push({
          what: `${what}: text`,
          limit: counted(shape.text.max, shape.text.counting),
          source: shape.text.source,
        });
      if (shape.image) rows.push(...listMediaLimits(`${what}: image`, shape.image));
      if (shape.video) rows.push(...listMediaLimits(`${what}: video`, shape.video));
    }
  }
  rows.push(
    ...settingTexts.map((each) => ({
      what: `settings.${each.at}`,
      limit: counted(each.max, each.counting),
      source: each.source,
    })),
  );
  rows.push(
    ...quotas.map((quota) => ({
      what: `${quota.name} per ${quota.per}`,
      limit:
        quota.timeZone === undefined
          ? `${quota.max} in ${quota.windowSeconds} s`
          : `${quota.max} per day in ${quota.timeZone}`,
      source: quota.source,
    })),
  );
  return rows;
}

function listMediaLimits(what: string, rule: MediaRule): LimitRow[] {
  const rows: LimitRow[] = [
    {
      what: `${what} types`,
      limit: joinWords(
        [
          ...rule.types,
          ...rule.converted.map((type) => `${type} (${mediaTypeOf(type) === "video" ? "rewrapped" : "converted"})`),
        ],
        "or",
      ),
      source: rule.source,
    },
  ];
  if (rule.indexFirst)
    rows.push({
      what: `${what} index`,
      limit: "at the front of the file; other videos are rewrapped",
      source: rule.source,
    });
  for (const quantity of QUANTITIES) {
    const limit = rule.limits[quantity];
    const fitted = rule.fitted[quantity];
    const { noun, unit } = QUANTITY_WORDS[quantity];
    if (limit) rows.push({ what: `${what} ${noun}`, limit: describeLimit(limit, quantity), source: limit.source });
    if (limit?.raised)
      rows.push({
        what: `${what} ${noun}, ${limit.raised.metadata} ${joinWords(limit.raised.values, "or")}`,
        limit: `at most ${limit.raised.max}${unit}`,
        source: limit.source,
      });
    if (fitted)
      rows.push({
        what: `${what} ${noun}`,
        limit: `${describeLimit(fitted, quantity)}; larger files are scaled down`,
        source: fitted.source,
      });
  }
  if (rule.altText)
    rows.push({
      what: `${what} alt text`,
      limit: `at most ${rule.altText.max} ${COUNTING_WORDS[rule.altText.counting]}`,
      source: rule.altText.source,
    });
  return rows;
}

/** All quantities, in the order in which sentences and tables name them. */
export const QUANTITIES: readonly Quantity[] = [
  "sizeBytes",
  "width",
  "height",
  "shortSide",
  "longSide",
  "pixels",
  "ratio",
  "durationSeconds",
  "frameRate",
  "bitRate",
  "audioChannels",
  "audioSampleRate",
];

/** "a, b or c". */
export function joinWords(words: readonly string[], word: "and" | "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${word} ${last}`;
}
