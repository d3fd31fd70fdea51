import { z } from "zod";

import type { Call } from "../../../sandbox/platform.ts";
import { badValue, ERRORS, needs, Refusal } from "./errors.ts";

/**
 * A video's metadata from clients, and YouTube's validation of it. Source: YouTube docs, videos resource, 2026-10.
 */
const Snippet = z
  .object({
    title: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
    categoryId: z.string(),
    defaultLanguage: z.string(),
  })
  .partial();

const Status = z
  .object({
    privacyStatus: z.enum(["private", "unlisted", "public"]),
    publishAt: z.string(),
    license: z.enum(["youtube", "creativeCommon"]),
    embeddable: z.boolean(),
    publicStatsViewable: z.boolean(),
    selfDeclaredMadeForKids: z.boolean(),
    containsSyntheticMedia: z.boolean(),
  })
  .partial();

export const Metadata = z
  .object({
    snippet: Snippet,
    status: Status,
    localizations: z.record(z.string(), z.object({ title: z.string().optional(), description: z.string().optional() })),
    recordingDetails: z.object({ recordingDate: z.string().optional() }),
  })
  .partial();

/** A missing part was not sent or not named. */
export type Metadata = z.infer<typeof Metadata>;

export const PARTS = [
  "brandPartner",
  "contentDetails",
  "fileDetails",
  "id",
  "liveStreamingDetails",
  "localizations",
  "paidProductPlacementDetails",
  "player",
  "processingDetails",
  "recordingDetails",
  "snippet",
  "statistics",
  "status",
  "suggestions",
  "topicDetails",
] as const;

export type Part = (typeof PARTS)[number];

export const CATEGORIES: Readonly<Record<string, string>> = {
  "1": "Film & Animation",
  "2": "Autos & Vehicles",
  "10": "Music",
  "15": "Pets & Animals",
  "17": "Sports",
  "19": "Travel & Events",
  "20": "Gaming",
  "22": "People & Blogs",
  "23": "Comedy",
  "24": "Entertainment",
  "25": "News & Politics",
  "26": "Howto & Style",
  "27": "Education",
  "28": "Science & Technology",
  "29": "Nonprofits & Activism",
};

/** The `part` parameter, which can be repeated. */
export function partsOf(call: Call): Part[] {
  const names = call.query
    .getAll("part")
    .flatMap((part) => part.split(","))
    .map((part) => part.trim())
    .filter(Boolean);
  if (names.length === 0) throw new Refusal(needs("part"));
  return [...new Set(names)].map((name) => {
    const part = PARTS.find((known) => known === name);
    if (!part) throw new Refusal(badValue(`'${name}'`, "part", "parameter"));
    return part;
  });
}

/** Only the parts that were both sent and named count; nulls count as missing. */
export function readMetadata(value: unknown, parts: readonly Part[]): Metadata {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal(ERRORS.badRequest);
  const named = Object.fromEntries(Object.entries(value).filter(([name]) => parts.some((part) => part === name)));
  const read = Metadata.safeParse(withoutNulls(named));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Refusal(badValue(issue?.message ?? "Invalid value", `body.${(issue?.path ?? []).join(".")}`));
}

export function validateMetadata({ snippet = {}, status = {}, localizations }: Metadata): void {
  const { title = "", description = "", tags = [], categoryId } = snippet;
  if (title.trim() === "" || [...title].length > 100 || /[<>]/.test(title)) throw new Refusal(ERRORS.invalidTitle);
  if (Buffer.byteLength(description) > 5000 || /[<>]|(?![\t\n\r])\p{Cc}/u.test(description))
    throw new Refusal(ERRORS.invalidDescription);
  if (tags.some((tag) => tag.trim() === "" || /[<>]/.test(tag)) || tagsLength(tags) > 500)
    throw new Refusal(ERRORS.invalidTags);
  if (categoryId !== undefined && !Object.hasOwn(CATEGORIES, categoryId)) throw new Refusal(ERRORS.invalidCategoryId);
  if (localizations && snippet.defaultLanguage === undefined) throw new Refusal(ERRORS.defaultLanguageNotSet);
  if (status.publishAt === undefined) return;
  const isTime =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(status.publishAt) &&
    !Number.isNaN(Date.parse(status.publishAt));
  if (!isTime || status.privacyStatus !== "private") throw new Refusal(ERRORS.invalidPublishAt);
}

/** The list as one text: tags separated by commas, with quotation marks around tags that contain spaces. */
function tagsLength(tags: readonly string[]): number {
  const text = tags.map((tag) => (tag.includes(" ") ? `"${tag}"` : tag)).join(",");
  return [...text].length;
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNulls(inner)]),
  );
}
