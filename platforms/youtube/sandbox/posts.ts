import type { Call } from "../../../sandbox/platform.ts";
import { isShort, privacyOf, type Video } from "./videos.ts";

/** What the audience sees of a video. */
export function announce(
  call: Call,
  video: Video,
  sent: { handle: string; notify: string | null; requestedPrivacy: string | null },
): void {
  const { world } = call;
  const person = world.identity.person("youtube", video.channelId);
  if (!person) throw new Error("a video without a channel");
  const { width, height, durationSeconds } = video.file;
  const short = isShort(video);
  world.ledger.add({
    platform: "youtube",
    accountId: person.id,
    id: video.id,
    url: `https://www.youtube.com/watch?v=${video.id}`,
    text: video.metadata.snippet?.title ?? "",
    media: [{ type: "video", altText: null }],
    kind: "video",
    visibility: privacyOf(video, call.now),
    settings: settingsOf(video, sent),
    at: call.now,
    endsAt: null,
    handle: sent.handle,
    rootId: video.id,
    look: {
      author: { username: person.username, name: person.name, url: `https://www.youtube.com/@${person.username}` },
      media: [{ type: "video", thumbnail: null, width, height, durationSeconds, hidden: false }],
      link: null,
      poll: [],
      attachment: video.metadata.snippet?.description ?? null,
      topic: null,
      replyToId: null,
      quotedId: null,
      notes: short ? ["Short"] : [],
    },
  });
  scheduleChange(call, video);
}

/** After an update: the current text, audience and timer. */
export function reannounce(call: Call, video: Video): void {
  call.world.ledger.setExtra("youtube", video.id, {
    text: video.metadata.snippet?.title ?? "",
    visibility: privacyOf(video, call.now),
    settings: settingsOf(video, { notify: null, requestedPrivacy: null }),
  });
  scheduleChange(call, video);
}

function scheduleChange(call: Call, video: Video): void {
  const isDue = video.publishAt !== null && video.publishAt > call.now;
  call.world.ledger.changeAt(
    "youtube",
    video.id,
    isDue && video.publishAt !== null ? { at: video.publishAt, extra: { visibility: "public" } } : null,
  );
}

/** All fields sent except title and privacy, with YouTube's names. */
function settingsOf(
  { metadata }: Video,
  { notify, requestedPrivacy }: { notify: string | null; requestedPrivacy: string | null },
): Record<string, unknown> {
  const { title: _title, ...snippet } = metadata.snippet ?? {};
  const { privacyStatus, ...status } = metadata.status ?? {};
  return {
    ...snippet,
    ...status,
    ...(metadata.localizations && { localizations: metadata.localizations }),
    ...(metadata.recordingDetails && { recordingDetails: metadata.recordingDetails }),
    ...(notify !== null && { notifySubscribers: notify.toLowerCase() === "true" }),
    ...(requestedPrivacy !== null && requestedPrivacy !== privacyStatus && { privacyStatus: requestedPrivacy }),
  };
}
