import type { Person } from "../../../sandbox/identity.ts";
import { drawPicture } from "../../../sandbox/pictures.ts";
import {
  jsonAnswer,
  type Call,
  type Outcome,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { ERRORS, needs, Refusal } from "./errors.ts";
import { needOwn } from "./library.ts";
import { listOf, namedParts } from "./metadata.ts";
import { FACE_HOST } from "./oauth.ts";
import { apiTime, etagOf, isProcessing, isShort, PICTURE_HOST, thumbnailsOf, videosOf } from "./videos.ts";
import { allowed, ALLOWED, factsOf, needChannel, refusing, viewerOf, type Viewer } from "./viewer.ts";

/** Channels and thumbnails. Source: YouTube docs, channels and thumbnails/set, 2026-11. */
const HOST = "www.googleapis.com";

export const CHANNEL_HOSTS = { [FACE_HOST]: [], [PICTURE_HOST]: ["i.ytimg.com"] };

export const CHANNEL_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: HOST, path: "/youtube/v3/channels", operation: "read", run: refusing(list) },
  {
    method: "POST",
    host: HOST,
    path: "/upload/youtube/v3/thumbnails/set",
    operation: "upload",
    rawBody: true,
    run: allowed(ALLOWED.upload, setThumbnail),
  },
  {
    method: "GET",
    host: FACE_HOST,
    path: "/{name}",
    operation: "read",
    run: (call) => drawPicture(call.segments["name"] ?? ""),
  },
  {
    method: "GET",
    host: PICTURE_HOST,
    path: "/vi/{id}/{name}",
    operation: "read",
    run: (call) => drawPicture(call.segments["id"] ?? ""),
  },
];

const PARTS = [
  "auditDetails",
  "brandingSettings",
  "contentDetails",
  "contentOwnerDetails",
  "id",
  "localizations",
  "snippet",
  "statistics",
  "status",
  "topicDetails",
];
const MAX_THUMBNAIL_BYTES = 50 * 1024 * 1024;

function list(call: Call): PlatformAnswer {
  const viewer = viewerOf(call, ALLOWED.read);
  const parts = namedParts(call, PARTS);
  const filters = ["mine", "id", "forHandle", "forUsername", "managedByMe"].filter((name) => call.query.has(name));
  if (filters.length === 0)
    throw new Refusal({ ...needs("id"), message: "No filter selected. Expected one of: id, forHandle, mine" });
  if (filters.length > 1)
    throw new Refusal({
      ...ERRORS.incompatibleParameters,
      message: `Incompatible parameters specified in the request: ${filters.join(", ")}`,
    });
  const items = wanted(call, viewer).map((person) => channelResource(call, person, parts));
  const shown = items.length > 0 ? { items } : {};
  return jsonAnswer({
    kind: "youtube#channelListResponse",
    etag: etagOf(items),
    pageInfo: { totalResults: items.length, resultsPerPage: 5 },
    ...shown,
  });
}

function wanted(call: Call, viewer: Viewer): Person[] {
  const { identity } = call.world;
  if (call.query.has("mine")) {
    if (viewer.facts.channel === "none") return [];
    needChannel(viewer);
    return [viewer.person];
  }
  const handle = call.query.get("forHandle")?.replace(/^@/, "");
  const found =
    handle === undefined
      ? listOf(call, "id").map((id) => identity.person("youtube", id))
      : [identity.personByUsername("youtube", handle)];
  return found.filter((person) => person !== undefined);
}

function channelResource(call: Call, person: Person, parts: readonly string[]): Record<string, unknown> {
  const facts = factsOf(person);
  const face = (width: number) => ({ url: `https://${FACE_HOST}/${person.username}=s${width}`, width, height: width });
  const all: Record<string, unknown> = {
    snippet: {
      title: person.name,
      description: "",
      customUrl: `@${person.username}`,
      publishedAt: apiTime(Date.parse(facts.createdAt)),
      thumbnails: { default: face(88), medium: face(240), high: face(800) },
      localized: { title: person.name, description: "" },
      country: "US",
    },
    contentDetails: { relatedPlaylists: { likes: "LL", uploads: `UU${person.id.slice(2)}` } },
    statistics: {
      viewCount: "0",
      subscriberCount: "0",
      hiddenSubscriberCount: false,
      videoCount: String(videosOf(call, person.id).length),
    },
    status: {
      privacyStatus: "public",
      isLinked: true,
      longUploadsStatus: facts.verified ? "allowed" : "eligible",
      madeForKids: false,
    },
  };
  const chosen = Object.fromEntries(parts.flatMap((part) => (all[part] === undefined ? [] : [[part, all[part]]])));
  return { kind: "youtube#channel", etag: etagOf(chosen), id: person.id, ...chosen };
}

/** On a Short that is still being processed, it is accepted and ignored. */
function setThumbnail(call: Call, viewer: Viewer): Outcome {
  const id = call.query.get("videoId") ?? "";
  if (id === "") throw new Refusal(needs("videoId"));
  const video = needOwn(call, viewer, id);
  if (!viewer.facts.verified)
    throw new Refusal({
      ...ERRORS.forbidden,
      message: "The authenticated user doesnt have permissions to upload and set custom video thumbnails.",
      domain: "youtube.thumbnail",
    });
  if (call.body.kind !== "bytes") throw new Refusal(ERRORS.mediaBodyRequired);
  const { path, sizeBytes, contentType } = call.body.bytes;
  if (!/^(image\/(jpeg|png)|application\/octet-stream)\b/i.test(contentType) || sizeBytes > MAX_THUMBNAIL_BYTES)
    throw new Refusal(ERRORS.invalidImage);
  return call.world.media.measure(path).then(({ mimeType, thumbnail }) => () => {
    if ((mimeType !== "image/jpeg" && mimeType !== "image/png") || thumbnail === null)
      throw new Refusal(ERRORS.invalidImage);
    if (!isShort(video) || !isProcessing(video, call.now)) call.world.ledger.setPicture("youtube", id, thumbnail);
    return jsonAnswer({
      kind: "youtube#thumbnailSetResponse",
      etag: etagOf([id, thumbnail]),
      items: [thumbnailsOf(id, ["default", "medium", "high", "standard", "maxres"])],
    });
  });
}
