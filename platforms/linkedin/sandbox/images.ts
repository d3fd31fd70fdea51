import type { StoredBytes } from "../../../sandbox/body.ts";
import type { Measured } from "../../../sandbox/media.ts";
import {
  jsonAnswer,
  type Call,
  type Outcome,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { addAsset, findAsset, receiveAsset, type Asset } from "./assets.ts";
import { ERRORS, forbidden, Refusal, restHeaders } from "./errors.ts";
import { bodyOf, checkFields, textOf } from "./fields.ts";
import { refusing, versioned, viewerOf, type Viewer } from "./viewer.ts";

/** Images: one URL, one PUT with the member's token. Source: LinkedIn docs, images-api, 2026-05. */
export const IMAGE_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "api.linkedin.com",
    path: "/rest/images",
    operation: "upload",
    run: versioned("images.ACTION", initialize),
  },
  // Only partners can read images with the versioned API.
  {
    method: "GET",
    host: "api.linkedin.com",
    path: "/rest/images/{urn}",
    operation: "status",
    run: versioned("images.GET", refuseRead),
  },
  {
    method: "PUT",
    host: "www.linkedin.com",
    path: "/dms-uploads/{id}/uploaded-image/0",
    operation: "upload",
    rawBody: true,
    run: refusing(put),
  },
];

/** Must be below this. Source: LinkedIn docs, images-api. */
const MAX_PIXELS = 36_152_320;
const MAX_GIF_FRAMES = 250;
const FORMATS = ["image/jpeg", "image/png", "image/gif"];

function initialize(call: Call, viewer: Viewer): PlatformAnswer {
  return openUpload(call, viewer, { kind: "image", path: "uploaded-image/0" });
}

/** What is sent in one PUT. */
export function openUpload(
  call: Call,
  viewer: Viewer,
  { kind, path }: { kind: "image" | "document"; path: string },
): PlatformAnswer {
  if (call.query.get("action") !== "initializeUpload") throw new Refusal(ERRORS.noMap);
  const { initializeUploadRequest } = checkFields(bodyOf(call), "", {
    initializeUploadRequest: { kind: "object", required: true },
  });
  const request = checkFields(initializeUploadRequest, "/initializeUploadRequest", {
    owner: { kind: "string", required: true },
    mediaLibraryMetadata: { kind: "object" },
  });
  if (textOf(request, "owner") !== viewer.urn) throw new Refusal(forbidden(kind));
  const asset = addAsset(call, { kind, owner: viewer.urn, sizeBytes: null, uploadToken: "" });
  const value = { uploadUrlExpiresAt: asset.urlsExpireAt, uploadUrl: uploadUrl(asset, path), [kind]: asset.urn };
  return jsonAnswer({ value }, { headers: restHeaders(call) });
}

function uploadUrl({ urn, secret }: Asset, path: string): string {
  const query = new URLSearchParams({
    ca: "vector_feedshare",
    cn: "uploads",
    m: "AQJsandbox",
    app: "213242",
    sync: "0",
    v: "beta",
    ut: secret,
  });
  return `https://www.linkedin.com/dms-uploads/${idOf(urn)}/${path}?${query}`;
}

function put(call: Call): Outcome {
  return receiveUpload(call, { kind: "image", whyUnfit: validate });
}

/** The member's token is needed besides the signed URL. */
export function receiveUpload(
  call: Call,
  { kind, whyUnfit }: { kind: "image" | "document"; whyUnfit(measured: Measured): string | null },
): Outcome {
  const { urn: owner } = viewerOf(call);
  const asset = findAsset(call, `urn:li:${kind}:${call.segments["id"] ?? ""}`);
  if (!asset || asset.secret !== call.query.get("ut")) throw new Refusal(ERRORS.notFound);
  if (asset.owner !== owner) throw new Refusal(forbidden(kind));
  if (call.now >= asset.urlsExpireAt || call.behaviour?.name === "part-url-expired")
    throw new Refusal(ERRORS.expiredUrl);
  const bytes = bytesOf(call);
  return call.world.media.measure(bytes.path).then((measured) => () => {
    receiveAsset(call, asset.urn, { measured, failure: whyUnfit(measured), seconds: 0 });
    return { status: 201, headers: restHeaders(call), body: "" };
  });
}

/** All bytes of a PUT. */
export function bytesOf(call: Call): StoredBytes {
  if (call.headers["content-length"] === undefined) throw new Refusal(ERRORS.noLength);
  if (call.body.kind !== "bytes" || call.body.bytes.sizeBytes === 0 || !call.body.bytes.complete)
    throw new Refusal(ERRORS.updateFailed);
  return call.body.bytes;
}

export function idOf(urn: string): string {
  return urn.slice(urn.lastIndexOf(":") + 1);
}

/** Why processing fails; null if it does not. */
function validate({ type, mimeType, width, height, frames }: Measured): string | null {
  if (type !== "image" || !FORMATS.includes(mimeType ?? "")) return "The image is not in a supported format";
  if ((width ?? 0) * (height ?? 0) >= MAX_PIXELS) return "The image has too many pixels";
  return (frames ?? 1) > MAX_GIF_FRAMES ? "The animation has too many frames" : null;
}

function refuseRead(): never {
  throw new Refusal(forbidden("image"));
}
