import { BROKER_CODES } from "../../model/errors.ts";
import { earliestDate } from "../kit/search.ts";
import { videoOf } from "../kit/steps.ts";
import { BrokerError, type OpenIntent, type StepContext, type Verdict } from "../platform.ts";
import { askFor, readResource, readYoutube } from "./api.ts";
import { doneOf } from "./content.ts";
import {
  askStanding,
  isGone,
  isNamedByUs,
  isNamedFor,
  sessionOf,
  stepNames,
  type Session,
  type Standing,
} from "./upload.ts";
import { channels, files, playlist, type ListedFile } from "./wire.ts";

/**
 * Checks the outcome of the request with the last bytes: the session knows, as long as it exists. After that, the
 * channel's uploads are searched for the file, which can only prove that it exists. Source: YouTube docs, resumable
 * uploads, 2026-10.
 */
export async function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  // After a restore, the session is not known.
  if (typeof context.checkpoint.session !== "string") return searchChannel(context, intent, null);
  let standing: Standing;
  try {
    standing = await askStanding(context);
  } catch (error) {
    if (isGone(error)) return searchChannel(context, intent, sessionOf(context.checkpoint));
    if (error instanceof BrokerError && isAboutTheUpload(error)) {
      return {
        verdict: "not_published",
        definitive: true,
        proof: "The upload has failed.",
        redoFrom: stepNames.open,
        error,
      };
    }
    throw error;
  }
  if ("video" in standing) return { verdict: "published", ...doneOf(context, standing.video) };
  const { sizeBytes } = sessionOf(context.checkpoint);
  return {
    verdict: "not_published",
    definitive: true,
    proof: `The upload has ${standing.storedBytes} of ${sizeBytes} bytes.`,
    redoFrom: stepNames.upload,
  };
}

/** A finished session repeats its result. An error of the query itself says nothing about it. */
function isAboutTheUpload({ code, notPublished }: BrokerError): boolean {
  return notPublished && (BROKER_CODES[code].category === "content" || code === "MEDIA_FAILED");
}

const LIST_LIMIT = 20;

async function searchChannel(context: StepContext, intent: OpenIntent, session: Session | null): Promise<Verdict> {
  const { ids, complete } = await listUploads(context, intent);
  const found = ids.length === 0 ? [] : await listFiles(context, ids);
  const hits = found.filter((file) => isThisOne(file, session, context));
  const named = hits.filter(({ fileDetails }) => session !== null && fileDetails?.fileName === session.fileName);
  const [hit] = named.length === 1 ? named : hits;
  if (named.length !== 1 && hits.length > 1)
    return { verdict: "cannot_tell", reason: "Several videos on the channel match this one." };
  if (hit !== undefined) return { verdict: "published", ...doneOf(context, hit) };
  if (!complete)
    return { verdict: "cannot_tell", reason: "The channel has uploaded too many videos since then to find this one." };
  return { verdict: "not_listed", reason: "The upload cannot be read, and the channel does not list the video." };
}

/** By the exact file size and the title. A file with a different name of ours is a different upload. */
function isThisOne({ snippet, fileDetails }: ListedFile, session: Session | null, context: StepContext): boolean {
  const name = fileDetails?.fileName ?? "";
  const media = videoOf(context);
  if (isNamedByUs(name) && (session === null ? !isNamedFor(name, media) : name !== session.fileName)) return false;
  const sizeBytes = session?.sizeBytes ?? media.sizeBytes;
  return fileDetails?.fileSize === String(sizeBytes) && (snippet?.title ?? "").trim() === context.content.text.trim();
}

/** Newest first, including private ones. */
async function listUploads(context: StepContext, intent: OpenIntent): Promise<{ ids: string[]; complete: boolean }> {
  const answer = await askFor(context, "playlistItems", {
    part: "snippet,contentDetails,status",
    playlistId: await uploadsPlaylist(context),
    maxResults: String(LIST_LIMIT),
  });
  const all = readYoutube(playlist, answer).items ?? [];
  const earliest = earliestDate(intent, answer, 60);
  const recent = all.filter(({ snippet, contentDetails }) => {
    const at = Date.parse(contentDetails.videoPublishedAt ?? snippet?.publishedAt ?? "");
    return !Number.isFinite(at) || at >= earliest;
  });
  const ids = recent.map(({ contentDetails }) => contentDetails.videoId);
  return { ids: ids.filter((id) => !intent.accountedIds.has(id)), complete: ids.length < LIST_LIMIT };
}

/** Known from connecting; otherwise requested. */
async function uploadsPlaylist(context: StepContext): Promise<string> {
  const known = context.account.metadata["uploadsPlaylistId"];
  if (typeof known === "string") return known;
  const query = { part: "contentDetails", mine: "true" };
  const { items } = await readResource(context, channels, "channels", query);
  const id = items?.[0]?.contentDetails?.relatedPlaylists?.uploads;
  if (typeof id !== "string")
    throw new BrokerError("UNEXPECTED_RESPONSE", "YouTube did not return the channel's list of uploads.");
  return id;
}

async function listFiles(context: StepContext, ids: readonly string[]): Promise<ListedFile[]> {
  const query = { part: "snippet,status,fileDetails", id: ids.join(",") };
  const { items } = await readResource(context, files, "videos", query);
  return items ?? [];
}
