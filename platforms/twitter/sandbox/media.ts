import { z } from "zod";

import type { Body, StoredBytes } from "../../../sandbox/body.ts";
import type { Measured } from "../../../sandbox/media.ts";
import type { Call, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { integer } from "../../../sandbox/store.ts";
import { answer, invalid, PROBLEMS, Refusal } from "./errors.ts";
import { problemWith } from "./media-rules.ts";
import { readProcessing, startProcessing } from "./processing.ts";
import { readJson, schemaProblem } from "./schema.ts";
import { newId } from "./snowflake.ts";
import { Category, factsOf, findMedia, insertMedia, kindOf, mediaKey, type XMedia } from "./stored-media.ts";
import { isSubscriber, withViewer, type Viewer } from "./viewer.ts";

/**
 * Media: images in one request, anything in segments. Media that are not posted are never visible.
 * Source: X docs, media, 2026-08-22; X OpenAPI 2.167.
 */
const MEDIA_TYPES = [
  "video/mp4",
  "video/webm",
  "video/mp2t",
  "video/quicktime",
  "text/srt",
  "text/vtt",
  "image/jpeg",
  "image/gif",
  "image/bmp",
  "image/png",
  "image/webp",
  "image/pjpeg",
  "image/tiff",
  "model/gltf-binary",
  "model/vnd.usdz+zip",
] as const;

const MIB = 1024 * 1024;
const CHUNK_MAX_BYTES = 5 * MIB;
/** Until all segments are sent, about 15 days; after that, until the media is posted. */
const OPEN_SECONDS = 1_295_999;
const KEEP_SECONDS = 86_400;

const HOST = "api.x.com";
const upload = (method: string, path: string, run: (call: Call, viewer: Viewer) => Outcome): SandboxRoute => ({
  method,
  host: HOST,
  path,
  operation: "upload",
  run: withViewer(["media.write"], run),
});

export const MEDIA_ROUTES: readonly SandboxRoute[] = [
  upload("POST", "/2/media/upload/initialize", initialize),
  upload("POST", "/2/media/upload/{id}/append", append),
  upload("POST", "/2/media/upload/{id}/finalize", finalize),
  upload("POST", "/2/media/upload", uploadAtOnce),
  upload("POST", "/2/media/metadata", setMetadata),
  {
    method: "GET",
    host: HOST,
    path: "/2/media/upload",
    operation: "status",
    run: withViewer(["media.write"], readStatus),
  },
];

const Owners = z.array(z.string().regex(/^[0-9]{1,19}$/));
const AtOnce = z.strictObject({
  media: z.base64(),
  media_category: z.enum(["tweet_image", "dm_image", "subtitles"]),
  additional_owners: Owners.optional(),
});

function uploadAtOnce(call: Call, viewer: Viewer): Outcome {
  const { fields, bytes } = readParts(call.body, AtOnce);
  if (sizeOf(bytes) > CHUNK_MAX_BYTES) throw new Refusal(PROBLEMS.tooLarge);
  const id = newId(call);
  return store(call, id, bytes)
    .then(() => call.world.uploads.finish(uploadName(id)))
    .then((measured) => () => {
      const media: XMedia = {
        id,
        key: mediaKey(id, fields.media_category),
        owner: viewer.person.id,
        category: fields.media_category,
        mediaType: measured.mimeType ?? "",
        totalBytes: measured.sizeBytes,
        expiresAt: call.now + KEEP_SECONDS * 1000,
        finishedAt: call.now,
        altText: null,
        facts: factsOf(measured),
      };
      refuseWrong(media, measured, viewer);
      insertMedia(call, media);
      return answer(call, { data: finished(call, media) });
    });
}

const Initialize = z.strictObject({
  media_type: z.enum(MEDIA_TYPES),
  total_bytes: z
    .int()
    .min(0)
    .max(16 * 1024 * MIB),
  media_category: Category,
  additional_owners: Owners.optional(),
  shared: z.boolean().optional(),
});

function initialize(call: Call, viewer: Viewer): PlatformAnswer {
  const asked = readJson(call, Initialize);
  const kind = kindOf(asked.media_category);
  const fits =
    kind === "other"
      ? asked.media_type.startsWith("text/")
      : kind === "gif"
        ? asked.media_type === "image/gif"
        : asked.media_type.startsWith(`${kind}/`);
  if (!fits)
    throw new Refusal(
      invalid(`$.media_type: ${asked.media_type} does not go with ${asked.media_category}`, {
        media_type: [asked.media_type],
      }),
    );
  const cap = capOf(asked.media_category, viewer);
  if (asked.total_bytes > cap)
    throw new Refusal(
      invalid(`$.total_bytes: must be at most ${cap} for ${asked.media_category}`, {
        total_bytes: [String(asked.total_bytes)],
      }),
    );
  const id = newId(call);
  const media: XMedia = {
    id,
    key: mediaKey(id, asked.media_category),
    owner: viewer.person.id,
    category: asked.media_category,
    mediaType: asked.media_type,
    totalBytes: asked.total_bytes,
    expiresAt: call.now + (OPEN_SECONDS + 1) * 1000,
    finishedAt: null,
    altText: null,
    facts: null,
  };
  insertMedia(call, media);
  return answer(call, { data: { id, media_key: media.key, expires_after_secs: OPEN_SECONDS } });
}

function capOf(category: Category, { facts }: Viewer): number {
  if (kindOf(category) === "image") return 5 * MIB;
  if (kindOf(category) === "gif") return 15 * MIB;
  if (category === "dm_video") return 512 * MIB;
  return (isSubscriber(facts) ? 16 : 8) * 1024 * MIB;
}

const Append = z.strictObject({ media: z.base64(), segment_index: z.coerce.number().int().min(0).max(999) });

function append(call: Call, viewer: Viewer): Outcome {
  const media = needOpen(call, viewer);
  const { fields, bytes } = readParts(call.body, Append);
  if (sizeOf(bytes) > CHUNK_MAX_BYTES) throw new Refusal(PROBLEMS.tooLarge);
  if (sizeOf(bytes) === 0) throw new Refusal(invalid("$.media: is empty"));
  return store(call, media.id, bytes, fields.segment_index).then(() => () => {
    call.world.store.run(
      "INSERT INTO twitter_segments VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET size_bytes = excluded.size_bytes",
      media.id,
      fields.segment_index,
      sizeOf(bytes),
    );
    if (call.behaviour?.name === "append-without-body") return { ...answer(call, null, 204), body: "" };
    return answer(call, { data: { expires_at: Math.floor(media.expiresAt / 1000) } });
  });
}

/** Media that was already finalized returns its current state: the first response may have been lost. */
function finalize(call: Call, viewer: Viewer): Outcome {
  const media = needOwn(call, viewer, call.segments["id"] ?? "");
  if (media.finishedAt !== null) return answer(call, { data: finished(call, media) });
  const { store: memory, uploads } = call.world;
  const segments = memory.all(
    "SELECT place, size_bytes FROM twitter_segments WHERE media_id = ? ORDER BY place",
    media.id,
  );
  const gap = segments.findIndex((row, place) => integer(row, "place") !== place);
  if (gap !== -1) throw new Refusal(invalid(`Segment ${gap} is missing.`, { media_id: [media.id] }));
  const received = segments.reduce((sum, row) => sum + integer(row, "size_bytes"), 0);
  if (received !== media.totalBytes || received === 0) {
    throw new Refusal(invalid(`${received} of ${media.totalBytes} bytes were received.`, { media_id: [media.id] }));
  }
  const parts = segments.map((_, place) => uploadName(media.id, place));
  return uploads
    .join(uploadName(media.id), parts)
    .then(() => uploads.finish(uploadName(media.id)))
    .then(async (measured) => {
      for (const part of parts) await uploads.discard(part);
      return () =>
        finish(
          call,
          viewer,
          { ...media, finishedAt: call.now, expiresAt: call.now + KEEP_SECONDS * 1000, facts: factsOf(measured) },
          measured,
        );
    });
}

function finish(call: Call, viewer: Viewer, media: XMedia, measured: Measured): PlatformAnswer {
  if (kindOf(media.category) === "image") refuseWrong(media, measured, viewer);
  call.world.store.run(
    "UPDATE twitter_media SET finished_at = ?, expires_at = ?, facts = ? WHERE id = ?",
    media.finishedAt,
    media.expiresAt,
    JSON.stringify(media.facts),
    media.id,
  );
  if (kindOf(media.category) === "gif" || kindOf(media.category) === "video")
    startProcessing(call, media, problemWith(media.category, measured, viewer));
  return answer(call, { data: finished(call, media) });
}

function refuseWrong(media: XMedia, measured: Measured, viewer: Viewer): void {
  const wrong = problemWith(media.category, measured, viewer);
  if (wrong !== null) throw new Refusal(invalid(wrong, { media: [media.id] }));
}

function readStatus(call: Call, viewer: Viewer): PlatformAnswer {
  const { query } = call;
  const stranger = [...query.keys()].find((name) => name !== "command" && name !== "media_id");
  if (stranger !== undefined)
    throw new Refusal(
      invalid(`The query parameter [${stranger}] is not one of [command,media_id]`, {
        [stranger]: [query.get(stranger) ?? ""],
      }),
    );
  const command = query.get("command") ?? "STATUS";
  if (command !== "STATUS")
    throw new Refusal(invalid("The `command` query parameter value has to be STATUS", { command: [command] }));
  const media = needOwn(call, viewer, query.get("media_id") ?? "");
  if (media.finishedAt === null)
    throw new Refusal(invalid("The media has not been finalized.", { media_id: [media.id] }));
  return answer(call, { data: finished(call, media, { isRead: true }) });
}

/** The response of finalize and status for media whose bytes are complete. */
function finished(call: Call, media: XMedia, { isRead = false } = {}): Record<string, unknown> {
  const { facts } = media;
  const processing = readProcessing(call, media.id, { isRead });
  return {
    id: media.id,
    media_key: media.key,
    size: facts?.sizeBytes ?? 0,
    expires_after_secs: Math.floor((media.expiresAt - call.now) / 1000),
    ...(kindOf(media.category) === "image" && {
      image: { image_type: facts?.mimeType, w: facts?.width, h: facts?.height },
    }),
    ...(processing && { processing_info: processing }),
  };
}

const Metadata = z.strictObject({
  id: z.string(),
  metadata: z
    .strictObject({
      alt_text: z.strictObject({ text: z.string() }).optional(),
      allow_download_status: z.unknown().optional(),
      audience_policy: z.unknown().optional(),
      content_expiration: z.unknown().optional(),
      domain_restrictions: z.unknown().optional(),
      found_media_origin: z.unknown().optional(),
      geo_restrictions: z.unknown().optional(),
      management_info: z.unknown().optional(),
      preview_image: z.unknown().optional(),
      sensitive_media_warning: z.unknown().optional(),
      shared_info: z.unknown().optional(),
      sticker_info: z.unknown().optional(),
      upload_source: z.unknown().optional(),
    })
    .optional(),
});

function setMetadata(call: Call, viewer: Viewer): PlatformAnswer {
  const { id, metadata = {} } = readJson(call, Metadata);
  const media = needOwn(call, viewer, id);
  const altText = metadata.alt_text?.text;
  if (altText !== undefined) {
    if ([...altText].length > 1000)
      throw new Refusal(invalid("$.metadata.alt_text.text: must be at most 1000 characters long"));
    if (kindOf(media.category) !== "image" && kindOf(media.category) !== "gif")
      throw new Refusal(invalid("$.metadata.alt_text: goes with images and GIFs only", { id: [id] }));
    call.world.store.run("UPDATE twitter_media SET alt_text = ? WHERE id = ?", altText, id);
  }
  return answer(call, { data: { id, associated_metadata: metadata } });
}

function needOwn(call: Call, viewer: Viewer, id: string): XMedia {
  const media = findMedia(call, id);
  if (!media || media.owner !== viewer.person.id)
    throw new Refusal(invalid("The media id is invalid.", { media_id: [id] }));
  return media;
}

function needOpen(call: Call, viewer: Viewer): XMedia {
  const media = needOwn(call, viewer, call.segments["id"] ?? "");
  if (media.finishedAt !== null) throw new Refusal(invalid("The media has been finalized.", { media_id: [media.id] }));
  return media;
}

/** The fields of a form, or of JSON with the bytes in base64; the schema is the JSON schema. */
function readParts<T extends { media: string }>(
  body: Body,
  schema: z.ZodType<T>,
): { fields: T; bytes: StoredBytes | Buffer } {
  const file = body.kind === "fields" ? body.files.find((one) => one.field === "media") : undefined;
  const value =
    body.kind === "json"
      ? body.value
      : body.kind === "fields"
        ? { ...body.fields, ...(file && { media: "" }) }
        : undefined;
  if (value === undefined) throw new Refusal(invalid("The body has to be multipart/form-data or JSON."));
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refusal(schemaProblem(parsed.error));
  return { fields: parsed.data, bytes: file ?? Buffer.from(parsed.data.media, "base64") };
}

function sizeOf(bytes: StoredBytes | Buffer): number {
  return "sizeBytes" in bytes ? bytes.sizeBytes : bytes.length;
}

async function store({ world }: Call, id: string, bytes: StoredBytes | Buffer, place?: number): Promise<void> {
  if ("sizeBytes" in bytes) await world.uploads.write(uploadName(id, place), bytes, { offset: 0 });
  else await world.uploads.put(uploadName(id, place), bytes);
}

function uploadName(id: string, place?: number): string {
  return place === undefined ? `twitter-${id}` : `twitter-${id}-${place}`;
}
