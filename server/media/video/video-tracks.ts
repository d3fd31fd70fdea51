import { Logging, LogLevel } from "mediabunny";
import type { Input, InputAudioTrack, InputVideoTrack } from "mediabunny";

// The library prints a file's problems; the sender gets them instead, and standard error is only for the log.
Logging.level = LogLevel.Silent;

/** Codecs that every player of MP4 files knows. */
const COPIED_CODECS: ReadonlySet<string> = new Set(["avc", "hevc", "av1", "vp9", "aac", "mp3"]);

/**
 * The tracks of a video that are seen and heard by default: of each kind the enabled ones, or the first if all are
 * disabled. QuickTime stores chapter images, other languages and spatial audio as disabled tracks.
 */
export async function tracksToKeep(input: Input): Promise<(InputVideoTrack | InputAudioTrack)[]> {
  const tracks = [await input.getVideoTracks(), await input.getAudioTracks()];
  const kept = await Promise.all(
    tracks.map(async (ofKind) => {
      const areOn = await Promise.all(ofKind.map(async (track) => (await track.getDisposition()).default));
      return areOn.includes(true) ? ofKind.filter((_, index) => areOn[index]) : ofKind.slice(0, 1);
    }),
  );
  return kept.flat();
}

/** Why these tracks cannot be copied into an MP4 file, completing "The video …"; null if they can. */
export async function findCodecObstacle(input: Input): Promise<string | null> {
  for (const track of await tracksToKeep(input)) {
    const codec = await track.getCodec();
    if (codec === null || !COPIED_CODECS.has(codec))
      return `has ${track.type === "video" ? "video" : "audio"} with the codec ${codec ?? "unknown"}`;
  }
  return null;
}
