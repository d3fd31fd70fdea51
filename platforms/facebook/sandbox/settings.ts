import type { Call } from "../../../sandbox/platform.ts";

const PLUMBING = new Set([
  "access_token",
  "appsecret_proof",
  "fields",
  "published",
  "attached_media",
  "upload_phase",
  "video_id",
  "upload_session_id",
  "start_offset",
  "file_size",
  "file_url",
  "fbuploader_video_file_chunk",
  "video_state",
  "photo_id",
  "temporary",
  "source",
]);

/** The fields sent besides text and media, as shown in the ledger; JSON is parsed. */
export function settingsOf(call: Call, shown: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(call.params).filter(
    ([name]) => !PLUMBING.has(name) && !shown.includes(name) && !name.startsWith("attached_media["),
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, /^[[{]/.test(value) ? parsed(value) : value]));
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
