import { z } from "zod";

import { randomSecret } from "../../../sandbox/identity.ts";
import type { Measured } from "../../../sandbox/media.ts";
import {
  jsonAnswer,
  type Call,
  type Outcome,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { integer, textOrNull, type Row } from "../../../sandbox/store.ts";
import { addAsset, findAsset, readAsset, receiveAsset, type Asset } from "./assets.ts";
import { badValue, ERRORS, forbidden, Refusal, restHeaders } from "./errors.ts";
import { bodyOf, checkFields, textOf, type Fields } from "./fields.ts";
import { bytesOf, idOf } from "./images.ts";
import { refusing, versioned, type Viewer } from "./viewer.ts";

/**
 * Videos: parts of 4 MiB to signed URLs, then their ETags in order. Source: LinkedIn docs, videos-api, 2026-05.
 */
export const VIDEO_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "api.linkedin.com",
    path: "/rest/videos",
    operation: "upload",
    run: versioned("videos.ACTION", act),
  },
  {
    method: "GET",
    host: "api.linkedin.com",
    path: "/rest/videos/{urn}",
    operation: "status",
    run: versioned("videos.GET", read),
  },
  {
    method: "PUT",
    host: "www.linkedin.com",
    path: "/dms-uploads/{id}/uploadedVideo/{part}",
    operation: "upload",
    rawBody: true,
    run: refusing(putPart),
  },
  {
    method: "PUT",
    host: "www.linkedin.com",
    path: "/dms-uploads/{id}/thumbnail/0",
    operation: "upload",
    rawBody: true,
    run: refusing(putThumbnail),
  },
  {
    method: "PUT",
    host: "www.linkedin.com",
    path: "/dms-uploads/{id}/captions/0",
    operation: "upload",
    rawBody: true,
    run: refusing(putCaptions),
  },
];

export const PARTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS linkedin_parts (
  urn TEXT NOT NULL, number INTEGER NOT NULL, first_byte INTEGER NOT NULL, last_byte INTEGER NOT NULL, etag TEXT,
  PRIMARY KEY (urn, number)) WITHOUT ROWID;`;

const PART_BYTES = 4_194_304;
const PROCESSING_SECONDS = 5;
/** Source: LinkedIn docs, videos-api: feed posts. */
const SIZE_BYTES = { min: 75 * 1024, max: 500 * 1024 * 1024 };
const DURATION_SECONDS = { min: 3, max: 30 * 60 };

interface Part {
  number: number;
  firstByte: number;
  lastByte: number;
  etag: string | null;
}

function act(call: Call, viewer: Viewer): Outcome {
  const action = call.query.get("action");
  if (action === "initializeUpload") return initialize(call, viewer);
  if (action === "finalizeUpload") return finalize(call, viewer);
  throw new Refusal(ERRORS.noMap);
}

function initialize(call: Call, viewer: Viewer): PlatformAnswer {
  const { initializeUploadRequest } = checkFields(bodyOf(call), "", {
    initializeUploadRequest: { kind: "object", required: true },
  });
  const request = checkFields(initializeUploadRequest, "/initializeUploadRequest", {
    owner: { kind: "string", required: true },
    fileSizeBytes: { kind: "integer", required: true },
    uploadCaptions: { kind: "boolean" },
    uploadThumbnail: { kind: "boolean" },
    purpose: { kind: "string" },
  });
  if (textOf(request, "owner") !== viewer.urn) throw new Refusal(forbidden("video"));
  const sizeBytes = Number(request["fileSizeBytes"]);
  if (sizeBytes <= 0) throw new Refusal(badValue("fileSizeBytes has to be greater than 0"));
  // Only sends a token if there are several parts, so that clients assume neither an empty nor a non-empty one.
  const uploadToken = sizeBytes > PART_BYTES ? randomSecret("", 12) : "";
  const asset = addAsset(call, { kind: "video", owner: viewer.urn, sizeBytes, uploadToken });
  return jsonAnswer({ value: instructions(call, asset, request, sizeBytes) }, { headers: restHeaders(call) });
}

function instructions(call: Call, asset: Asset, request: Fields, sizeBytes: number): Record<string, unknown> {
  const uploadInstructions = [];
  for (let number = 0; number * PART_BYTES < sizeBytes; number += 1) {
    const [firstByte, lastByte] = [number * PART_BYTES, Math.min((number + 1) * PART_BYTES, sizeBytes) - 1];
    call.world.store.run(
      "INSERT INTO linkedin_parts (urn, number, first_byte, last_byte) VALUES (?, ?, ?, ?)",
      asset.urn,
      number,
      firstByte,
      lastByte,
    );
    uploadInstructions.push({ uploadUrl: signedUrl(asset, `uploadedVideo/${number}`), firstByte, lastByte });
  }
  return {
    uploadUrlsExpireAt: asset.urlsExpireAt,
    video: asset.urn,
    uploadInstructions,
    uploadToken: asset.uploadToken,
    ...(request["uploadThumbnail"] === true && { thumbnailUploadUrl: signedUrl(asset, "thumbnail/0") }),
    ...(request["uploadCaptions"] === true && { captionsUploadUrl: signedUrl(asset, "captions/0") }),
  };
}

function signedUrl({ urn, secret }: Asset, path: string): string {
  return (
    `https://www.linkedin.com/dms-uploads/${idOf(urn)}/${path}?` +
    `${new URLSearchParams({ sau: "vid", m: "AQJsandbox", app: "213242", v: "beta", ut: secret })}`
  );
}

function putPart(call: Call): Outcome {
  const asset = signedAsset(call);
  if (typeof asset === "number") return { status: asset, headers: restHeaders(call), body: "" };
  const part = partsOf(call, asset.urn).find(({ number }) => String(number) === call.segments["part"]);
  if (!part) throw new Refusal(ERRORS.notFound);
  const bytes = bytesOf(call);
  const lengthBytes = part.lastByte - part.firstByte + 1;
  if (bytes.sizeBytes !== lengthBytes)
    throw new Refusal(badValue(`The part has to be of ${lengthBytes} bytes, not ${bytes.sizeBytes}`));
  if (asset.state !== "WAITING_UPLOAD") throw new Refusal(ERRORS.updateFailed);
  return call.world.uploads.write(partName(asset.urn, part.number), bytes, { offset: 0 }).then(() => () => {
    const etag = newEtag();
    call.world.store.run(
      "UPDATE linkedin_parts SET etag = ? WHERE urn = ? AND number = ?",
      call.behaviour?.name === "part-arrives-twice" ? newEtag() : etag,
      asset.urn,
      part.number,
    );
    return { status: 200, headers: { ...restHeaders(call), etag }, body: "" };
  });
}

function newEtag(): string {
  return `/ambry-videoei/signedId/${randomSecret("AQHX", 24)}.bin`;
}

/** The video that a signed URL belongs to; or the error status. */
function signedAsset(call: Call): Asset | number {
  const asset = findAsset(call, `urn:li:video:${call.segments["id"] ?? ""}`);
  if (!asset || asset.secret !== call.query.get("ut")) return 404;
  if (call.now >= asset.urlsExpireAt || call.behaviour?.name === "part-url-expired") return 401;
  return asset;
}

function putThumbnail(call: Call): Outcome {
  const asset = signedAsset(call);
  if (typeof asset === "number") return { status: asset, headers: restHeaders(call), body: "" };
  if (call.headers["media-type-family"] !== "STILLIMAGE")
    throw new Refusal(badValue("The header media-type-family has to be STILLIMAGE"));
  return call.world.media.measure(bytesOf(call).path).then((measured) => () => {
    if (measured.mimeType !== "image/jpeg" && measured.mimeType !== "image/png") throw new Refusal(ERRORS.unsupported);
    call.world.store.run("UPDATE linkedin_assets SET cover = ? WHERE urn = ?", measured.thumbnail, asset.urn);
    return { status: 201, headers: restHeaders(call), body: "" };
  });
}

function putCaptions(call: Call): PlatformAnswer {
  const asset = signedAsset(call);
  if (typeof asset !== "number") bytesOf(call);
  return { status: typeof asset === "number" ? asset : 201, headers: restHeaders(call), body: "" };
}

const Ids = z.array(z.string());

function finalize(call: Call, viewer: Viewer): Outcome {
  const { finalizeUploadRequest } = checkFields(bodyOf(call), "", {
    finalizeUploadRequest: { kind: "object", required: true },
  });
  const request = checkFields(finalizeUploadRequest, "/finalizeUploadRequest", {
    video: { kind: "string", required: true },
    uploadToken: { kind: "string", required: true },
    uploadedPartIds: { kind: "array", required: true },
  });
  const asset = findAsset(call, textOf(request, "video") ?? "");
  if (!asset || asset.kind !== "video") throw new Refusal(ERRORS.badVideo);
  if (asset.owner !== viewer.urn) throw new Refusal(forbidden("video"));
  const parts = partsOf(call, asset.urn);
  if (parts.every(({ etag }) => etag === null)) throw new Refusal(ERRORS.waitingUpload);
  if (textOf(request, "uploadToken") !== asset.uploadToken)
    throw new Refusal(badValue("The uploadToken is not the one that was given"));
  const ids = Ids.safeParse(request["uploadedPartIds"]).data ?? [];
  const etags = parts.map(({ etag }) => etag);
  if (JSON.stringify([...ids].sort()) !== JSON.stringify([...etags].sort()))
    throw new Refusal(badValue("uploadedPartIds has to name each part's ETag once"));
  const done = { status: 200, headers: restHeaders(call), body: "" };
  if (asset.state !== "WAITING_UPLOAD") return done;
  return measure(call, asset, parts).then((measured) => () => {
    receiveAsset(call, asset.urn, {
      measured,
      failure: validate(measured),
      seconds: PROCESSING_SECONDS,
      scrambled: JSON.stringify(ids) !== JSON.stringify(etags),
    });
    // Only after this has been written: an interrupted finalize call is repeated.
    for (const { number } of parts) void call.world.uploads.discard(partName(asset.urn, number));
    return done;
  });
}

async function measure(call: Call, asset: Asset, parts: Part[]): Promise<Measured> {
  const whole = `linkedin-${idOf(asset.urn)}-${call.number}`;
  await call.world.uploads.join(
    whole,
    parts.map(({ number }) => partName(asset.urn, number)),
  );
  return call.world.uploads.finish(whole);
}

function validate({ mimeType, sizeBytes, durationSeconds }: Measured): string | null {
  if (mimeType !== "video/mp4" && mimeType !== "video/x-m4v") return "The video is not in a supported format";
  if (durationSeconds === null) return "The video could not be read";
  if (sizeBytes < SIZE_BYTES.min || sizeBytes > SIZE_BYTES.max) return "The video's file size is out of range";
  const isFit = durationSeconds >= DURATION_SECONDS.min - 0.05 && durationSeconds <= DURATION_SECONDS.max + 0.5;
  return isFit ? null : "The video's duration is out of range";
}

function read(call: Call, viewer: Viewer): PlatformAnswer {
  const urn = call.segments["urn"] ?? "";
  const found = findAsset(call, urn);
  if (!found || found.kind !== "video") throw new Refusal(ERRORS.notFound);
  if (found.owner !== viewer.urn) throw new Refusal(forbidden("video"));
  readAsset(call, urn);
  const { owner, state, failure, facts } = findAsset(call, urn) ?? found;
  return jsonAnswer(
    {
      owner,
      id: urn,
      status: state,
      ...(state === "PROCESSING_FAILED" && { processingFailureReason: failure ?? "The file could not be processed" }),
      ...(state === "AVAILABLE" &&
        facts !== null && {
          duration: Math.round((facts.durationSeconds ?? 0) * 1000),
          aspectRatioWidth: facts.width,
          aspectRatioHeight: facts.height,
          downloadUrl: `https://dms.licdn.com/playlist/vid/${idOf(urn)}/mp4-640p-30fp-crf28/0`,
          downloadUrlExpiresAt: call.now + 86_400_000,
        }),
    },
    { headers: restHeaders(call) },
  );
}

/** In file order. */
function partsOf(call: Call, urn: string): Part[] {
  return call.world.store.all("SELECT * FROM linkedin_parts WHERE urn = ? ORDER BY number", urn).map(toPart);
}

function toPart(row: Row): Part {
  return {
    number: integer(row, "number"),
    firstByte: integer(row, "first_byte"),
    lastByte: integer(row, "last_byte"),
    etag: textOrNull(row, "etag"),
  };
}

function partName(urn: string, number: number): string {
  return `linkedin-${idOf(urn)}-part${number}`;
}
