import type { StoredBytes } from "../../../sandbox/body.ts";
import type { Measured } from "../../../sandbox/media.ts";
import {
  jsonAnswer,
  type Call,
  type CallPost,
  type Operation,
  type Outcome,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { apiError, badValue, ERRORS, plainError, Refusal } from "./errors.ts";
import { validateMetadata, partsOf, readMetadata, type Metadata } from "./metadata.ts";
import { announce } from "./posts.ts";
import { needChannelQuota, useChannelQuota } from "./quotas.ts";
import { splitRelated } from "./related.ts";
import { addFacts, addSession, endSession, findSession, setFacts, setStored, type Session } from "./sessions.ts";
import { addVideo, videoResource } from "./videos.ts";
import { accountOf, allowed, ALLOWED, needChannel, refusing, viewerOf, type Viewer } from "./viewer.ts";

/** Uploading a video, resumable or in one request. Source: YouTube docs, using_resumable_upload_protocol, 2026-10. */
const HOST = "www.googleapis.com";
const PATH = "/upload/youtube/v3/videos";

export const UPLOAD_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: PATH,
    operation: (call) => (call.query.get("uploadType") === "resumable" ? "upload" : "publish"),
    post: postOfOpening,
    run: allowed(ALLOWED.upload, insert),
  },
  {
    method: "PUT",
    host: HOST,
    path: PATH,
    operation: operationOf,
    rawBody: true,
    post: postOfSession,
    run: refusing(put),
  },
];

const STEP_BYTES = 262_144;
const MAX_BYTES = 256 * 1_073_741_824;
const NO_FACTS = { fate: null, stuck: false, listLagSeconds: 0, requestedPrivacy: null, gone: null };

function insert(call: Call, viewer: Viewer): Outcome {
  const uploadType = call.query.get("uploadType");
  if (uploadType === "resumable") return open(call, viewer);
  if (uploadType === "multipart") return insertRelated(call, viewer);
  if (uploadType === "media")
    return insertBytes(
      call,
      viewer,
      { snippet: { title: "unknown" } },
      call.body.kind === "bytes" ? call.body.bytes : undefined,
    );
  throw new Refusal(ERRORS.mediaBodyRequired);
}

/** All metadata is validated here, before any bytes are sent. */
function open(call: Call, viewer: Viewer): PlatformAnswer {
  const parts = partsOf(call);
  if (call.body.kind !== "json" && call.body.kind !== "none") throw new Refusal(ERRORS.badRequest);
  const asked = readMetadata(call.body.kind === "json" ? call.body.value : {}, parts);
  validateMetadata(asked);
  const metadata =
    call.behaviour?.name === "private-lock"
      ? { ...asked, status: { ...asked.status, privacyStatus: "private" as const } }
      : asked;
  const contentType = call.headers["x-upload-content-type"] ?? "application/octet-stream";
  if (!/^(video\/|application\/octet-stream)/i.test(contentType)) {
    throw new Refusal({
      ...ERRORS.badRequest,
      message: `Media type '${contentType}' is not supported. Valid media types: [video/*, application/octet-stream]`,
    });
  }
  const declared = call.headers["x-upload-content-length"];
  if (declared !== undefined && (!/^\d{1,15}$/.test(declared) || Number(declared) > MAX_BYTES))
    throw new Refusal(ERRORS.badRequest);
  const notify = call.query.get("notifySubscribers");
  if (notify !== null && !/^(true|false)$/i.test(notify))
    throw new Refusal(badValue(`Invalid boolean value: '${notify}'.`, "notifySubscribers", "parameter"));
  needChannelQuota(call, viewer);
  const id = addSession(
    call,
    {
      channelId: viewer.person.id,
      parts,
      metadata,
      notify,
      fileName: fileNameOf(call),
      totalBytes: declared === undefined ? null : Number(declared),
    },
    addFacts(call, { ...NO_FACTS, requestedPrivacy: asked.status?.privacyStatus ?? null }),
  );
  const location = new URL(call.url);
  location.searchParams.set("upload_id", id);
  location.searchParams.delete("access_token");
  return {
    status: 200,
    headers: { location: String(location), "x-guploader-uploadid": id, "content-type": "text/plain; charset=utf-8" },
    body: "",
  };
}

function fileNameOf(call: Call): string | null {
  const slug = call.headers["slug"];
  if (slug === undefined) return null;
  if (slug.trim() === "" || slug.length > 255 || /[\p{Cc}/\\<>]/u.test(slug)) throw new Refusal(ERRORS.invalidFilename);
  return slug;
}

interface Range {
  first: number;
  last: number;
  totalBytes: number | null;
}

/** Queries a session's progress, or uploads bytes, including the last ones. */
function operationOf(call: Call): Operation {
  if (isQuestion(call)) return "status";
  const session = findSession(call);
  const range = rangeOf(call);
  if (!session || !range || call.body.kind !== "bytes" || !call.body.bytes.complete) return "upload";
  const total = range.totalBytes ?? session.totalBytes;
  return total !== null && range.last + 1 === total && (range.first === session.storedBytes || session.answer !== null)
    ? "publish"
    : "upload";
}

function isQuestion(call: Call): boolean {
  return /^bytes \*\//i.test(call.headers["content-range"] ?? "");
}

/** The range that the call declares; undefined if it is invalid. */
function rangeOf(call: Call): Range | undefined {
  const header = call.headers["content-range"];
  const bytes = call.body.kind === "bytes" ? call.body.bytes : undefined;
  if (header === undefined) {
    const length = Number(call.headers["content-length"] ?? bytes?.sizeBytes ?? 0);
    return { first: 0, last: length - 1, totalBytes: length };
  }
  const read = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(header);
  if (!read) return undefined;
  return { first: Number(read[1]), last: Number(read[2]), totalBytes: read[3] === "*" ? null : Number(read[3]) };
}

function put(call: Call): Outcome {
  // The URL is the credential; a token that is sent all the same has to be good.
  const viewer = call.accessToken === null ? undefined : viewerOf(call, ALLOWED.upload);
  if (viewer) needChannel(viewer);
  const found = findSession(call);
  if (!found) return plainError(404, "Not Found");
  const session = setFacts(call, found);
  if (session.facts.gone !== null || call.now >= session.expiresAt)
    return plainError(session.facts.gone ?? 404, "Not Found");
  if (viewer && session.channelId !== viewer.person.id) throw new Refusal(ERRORS.forbidden);
  if (session.answer) return session.answer;
  if (isQuestion(call)) return answerQuestion(call, session);
  if (call.body.kind !== "bytes") return refuseEmpty(call, session);
  const range = rangeOf(call);
  const refusal = range
    ? validateRange(call, session, range, call.body.bytes)
    : plainError(400, "Invalid Content-Range header");
  if (refusal || !range) return refusal ?? incomplete(session.storedBytes);
  return receive(call, session, { ...range, totalBytes: range.totalBytes ?? session.totalBytes }, call.body.bytes);
}

function answerQuestion(call: Call, session: Session): PlatformAnswer {
  const total = /\/(\d+)$/.exec(call.headers["content-range"] ?? "")?.[1];
  const differs = total !== undefined && session.totalBytes !== null && Number(total) !== session.totalBytes;
  return differs ? wrongTotal() : incomplete(session.storedBytes);
}

/** A video of zero bytes ends its session. */
function refuseEmpty(call: Call, session: Session): PlatformAnswer {
  const answer = apiError(ERRORS.mediaBodyRequired);
  if ((session.totalBytes ?? 0) === 0) endSession(call, session.id, answer);
  return answer;
}

function validateRange(
  call: Call,
  session: Session,
  { first, last, totalBytes }: Range,
  bytes: StoredBytes,
): PlatformAnswer | undefined {
  if (totalBytes !== null && session.totalBytes !== null && totalBytes !== session.totalBytes) return wrongTotal();
  const lengthBytes = last - first + 1;
  const isWrong =
    lengthBytes <= 0 ||
    (totalBytes !== null && last >= totalBytes) ||
    (bytes.complete && bytes.sizeBytes !== lengthBytes);
  if (isWrong) return plainError(400, "The Content-Range header does not match the bytes that were sent.");
  if (first !== session.storedBytes)
    return call.behaviour?.name === "gap-400"
      ? plainError(400, "Invalid Content-Range header")
      : incomplete(session.storedBytes);
  const isLast = last + 1 === (totalBytes ?? session.totalBytes);
  if (isLast || lengthBytes % STEP_BYTES === 0) return undefined;
  return plainError(
    400,
    "Invalid request.  The number of bytes uploaded is required to be equal or greater than 262144, " +
      "except for the final request (it's recommended to be the exact multiple of 262144).",
  );
}

function wrongTotal(): PlatformAnswer {
  return plainError(400, "The total size differs from the one that the session was opened with.");
}

/** Without a Range if nothing is stored, and never with a Location. */
function incomplete(storedBytes: number): PlatformAnswer {
  const headers: Record<string, string> = storedBytes === 0 ? {} : { range: `bytes=0-${storedBytes - 1}` };
  return { status: 308, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: "" };
}

/** An interrupted body is kept up to the last complete step. */
function receive(call: Call, session: Session, { first, last, totalBytes }: Range, bytes: StoredBytes): Outcome {
  const cutAt = call.behaviour?.name === "cut-at-{n}" ? (call.behaviour.number ?? 0) : bytes.sizeBytes;
  const isWhole = bytes.complete && cutAt >= bytes.sizeBytes;
  const kept = Math.max(0, Math.floor((first + Math.min(cutAt, bytes.sizeBytes)) / STEP_BYTES) * STEP_BYTES - first);
  const { uploads } = call.world;
  const name = `youtube-${session.id}`;
  return uploads
    .write(name, bytes, { offset: first, takeBytes: isWhole ? bytes.sizeBytes : kept })
    .then(async (storedBytes) => {
      const measured = isWhole && last + 1 === totalBytes ? await uploads.finish(name) : undefined;
      return () => {
        setStored(call, session.id, storedBytes, totalBytes);
        return measured ? complete(call, session, measured) : incomplete(storedBytes);
      };
    });
}

/** If two simultaneous calls contain the last bytes, the first one creates the video. */
function complete(call: Call, session: Session, measured: Measured): PlatformAnswer {
  const ended = findSession(call)?.answer;
  if (ended) return ended;
  const { channelId, metadata, parts, notify, fileName, facts } = session;
  const video = addVideo(call, {
    channelId,
    metadata,
    measured,
    fileName,
    fate: facts.fate,
    stuck: facts.stuck,
    listLagSeconds: facts.listLagSeconds,
  });
  useChannelQuota(call, channelId);
  announce(call, video, { handle: session.id, notify, requestedPrivacy: facts.requestedPrivacy });
  const answer = jsonAnswer(videoResource(call, video, parts), {
    status: call.behaviour?.name === "final-200" ? 200 : 201,
  });
  endSession(call, session.id, answer);
  return answer;
}

function insertRelated(call: Call, viewer: Viewer): Outcome {
  const parts = partsOf(call);
  const body = call.body.kind === "bytes" ? call.body.bytes : undefined;
  if (!body?.complete) throw new Refusal(ERRORS.badRequest);
  return splitRelated(body).then((split) => {
    if (!split) return () => apiError(ERRORS.badRequest);
    let metadata: Metadata;
    try {
      metadata = readMetadata(split.metadata, parts);
      validateMetadata(metadata);
    } catch (error) {
      return () => {
        throw error;
      };
    }
    return insertBytes(call, viewer, metadata, split.media);
  });
}

async function insertBytes(
  call: Call,
  viewer: Viewer,
  metadata: Metadata,
  bytes: StoredBytes | undefined,
): Promise<() => PlatformAnswer> {
  if (!bytes || bytes.sizeBytes === 0) return () => apiError(ERRORS.mediaBodyRequired);
  const measured = await call.world.media.measure(bytes.path);
  return () => {
    needChannelQuota(call, viewer);
    const { fate, stuck, listLagSeconds } = addFacts(call, NO_FACTS);
    const video = addVideo(call, {
      channelId: viewer.person.id,
      metadata,
      measured,
      fileName: fileNameOf(call),
      fate,
      stuck,
      listLagSeconds,
    });
    useChannelQuota(call, viewer.person.id);
    announce(call, video, { handle: video.id, notify: call.query.get("notifySubscribers"), requestedPrivacy: null });
    return jsonAnswer(videoResource(call, video, partsOf(call)));
  };
}

/** The text of an opening request, in which magic words count. */
function postOfOpening(call: Call): CallPost | undefined {
  if (call.body.kind !== "json") return undefined;
  const value = call.body.value;
  const snippet: { title?: unknown; description?: unknown } =
    typeof value === "object" && value !== null && "snippet" in value && typeof value.snippet === "object"
      ? { ...value.snippet }
      : {};
  const text = [snippet.title, snippet.description].filter((words) => typeof words === "string").join("\n");
  return { accountId: accountOf(call), text, carriesText: true, handle: null };
}

function postOfSession(call: Call): CallPost | undefined {
  const session = findSession(call);
  if (!session) return undefined;
  const { title = "", description } = session.metadata.snippet ?? {};
  return {
    accountId: session.channelId,
    text: description === undefined ? title : `${title}\n${description}`,
    carriesText: false,
    handle: session.id,
  };
}
