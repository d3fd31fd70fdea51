import { mkdtemp, open, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  QTFF,
  StreamTarget,
} from "mediabunny";
import type { EncodedPacket, InputAudioTrack, InputTrack, InputVideoTrack, StreamTargetChunk } from "mediabunny";

import type { MediaFacts } from "../../../model/post.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { BrokerError } from "../../../platforms/platform.ts";
import { newStorageKey } from "../../storage/storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { measureStored } from "../measuring.ts";
import { tracksToKeep } from "./video-tracks.ts";

/**
 * Copies a stored video into an MP4 file with the index at the front, and stores it. Packets are copied unchanged:
 * nothing is re-encoded. Enabled video and audio is kept, with rotation and time; chapters, captions, timed metadata
 * and descriptions are dropped. Neither file is held in memory. Must run in the rewrapping slot. Throws MEDIA_REJECTED
 * if the video cannot be preserved, and MEDIA_FAILED if it takes too long now.
 */
export async function rewrapVideo(
  storage: Storage,
  owner: Tenant,
  original: { storageKey: string; facts: MediaFacts },
  seconds = LIMIT_SECONDS,
): Promise<{ storageKey: string; facts: MediaFacts }> {
  const late = new AbortController();
  const isLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new BrokerError("MEDIA_FAILED", "The video takes too long to rewrap as MP4.");
    late.abort(error);
    isLate.reject(error);
  }, seconds * 1000);
  // What does not notice that it is late, like a storage that does not answer, is not waited for.
  return await Promise.race([rewrap(storage, owner, original, late.signal), isLate.promise]).finally(() =>
    clearTimeout(timer),
  );
}

/** For everything: reading and storing it, too. */
const LIMIT_SECONDS = 300;

async function rewrap(
  storage: Storage,
  owner: Tenant,
  original: { storageKey: string; facts: MediaFacts },
  late: AbortSignal,
): Promise<{ storageKey: string; facts: MediaFacts }> {
  const facts = await ensureContainerMeasured(storage, owner, original);
  const { rewrapObstacle } = facts;
  if (rewrapObstacle !== undefined)
    throw new BrokerError(
      "MEDIA_REJECTED",
      `The video cannot be rewrapped as MP4 without re-encoding: it ${rewrapObstacle}.`,
      { retryable: false },
    );
  const file = await openAnonymousFile();
  try {
    await storage.withFile(original.storageKey, (path) => copyPackets(path, file, facts, late).catch(asRejection));
    late.throwIfAborted();
    const storageKey = newStorageKey();
    const { sizeBytes } = await storage.put(storageKey, file.createReadStream({ start: 0, autoClose: false }));
    try {
      const made = await measureStored(storage, { owner, key: storageKey, mimeType: "video/mp4", sizeBytes }).catch(
        asRejection,
      );
      if (!isEquivalent(made, facts))
        throw new BrokerError("MEDIA_REJECTED", "The video cannot be rewrapped as MP4 without re-encoding.", {
          retryable: false,
        });
      late.throwIfAborted();
      return { storageKey, facts: made };
    } catch (error) {
      await storage.delete(storageKey);
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** Earlier versions did not measure a video's container format. */
async function ensureContainerMeasured(
  storage: Storage,
  owner: Tenant,
  { storageKey, facts }: { storageKey: string; facts: MediaFacts },
): Promise<MediaFacts> {
  if (facts.indexFirst !== undefined) return facts;
  const measured = await measureStored(storage, {
    owner,
    key: storageKey,
    mimeType: "video/mp4",
    sizeBytes: facts.sizeBytes,
  }).catch(asRejection);
  return { ...measured, mimeType: facts.mimeType };
}

/** A file without a name: its room on the disk is free again when it is closed, or its process killed. */
async function openAnonymousFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-rewrap-"));
  try {
    return await open(join(folder, "video"), "wx+");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyPackets(path: string, file: FileHandle, facts: MediaFacts, late: AbortSignal): Promise<void> {
  const input = new Input({ source: new FilePathSource(path), formats: [MP4, QTFF] });
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: "reserve" }),
    target: new StreamTarget(writerTo(file, 2 * facts.sizeBytes + INDEX_BYTES), {
      chunked: true,
      chunkSize: CHUNK_BYTES,
    }),
  });
  const maxPackets = 10 + Math.ceil((facts.durationSeconds ?? 0) * MAX_PACKETS_A_SECOND);
  try {
    const lanes = await Promise.all((await tracksToKeep(input)).map((track) => openLane(output, track, maxPackets)));
    await output.start();
    // The position of the media data is known once every track has started; anything earlier would wait in memory.
    for (const lane of lanes) await lane.step();
    for (let lane = earliest(lanes); lane !== undefined; lane = earliest(lanes)) {
      late.throwIfAborted();
      await lane.step();
    }
    for (const lane of lanes) lane.close();
    await output.finalize();
  } catch (error) {
    // If the file itself failed, there is nothing left to cancel, and its error is more useful.
    await output.cancel().catch(() => {});
    throw error;
  } finally {
    input.dispose();
  }
}

const CHUNK_BYTES = 1024 * 1024;
/** The size an index may have in addition to the media data. */
const INDEX_BYTES = 16 * 1024 * 1024;
/** No camera records more frames, and no audio has more packets. */
const MAX_PACKETS_A_SECOND = 250;

/** Packets can share their bytes: a copy that grows far beyond its original is abandoned. */
function writerTo(file: FileHandle, maxBytes: number): WritableStream<StreamTargetChunk> {
  return new WritableStream({
    async write({ data, position }) {
      if (position + data.byteLength > maxBytes) throw new Error("the copy is far larger than the original");
      for (let done = 0; done < data.byteLength;)
        done += (await file.write(data, done, data.byteLength - done, position + done)).bytesWritten;
    },
  });
}

/** One track on its way from file to file. */
interface Lane {
  /** Seconds at which the next packet is shown; Infinity after the last. */
  nextAt(): number;
  step(): Promise<void>;
  close(): void;
}

async function openLane(output: Output, track: InputVideoTrack | InputAudioTrack, maxPackets: number): Promise<Lane> {
  const add = track.isVideoTrack()
    ? await addVideo(output, track, maxPackets)
    : await addAudio(output, track, maxPackets);
  const packets = new EncodedPacketSink(track).packets();
  let next = await packets.next();
  return {
    nextAt: () => (next.done ? Infinity : next.value.timestamp),
    async step() {
      if (next.done) return;
      await add.packet(next.value);
      next = await packets.next();
    },
    close: add.close,
  };
}

async function addVideo(output: Output, track: InputVideoTrack, maxPackets: number) {
  const codec = await track.getCodec();
  const decoderConfig = await track.getDecoderConfig();
  if (codec === null || decoderConfig === null) return noCodec();
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, {
    ...(await metadataOf(track, maxPackets)),
    transformationMatrix: await track.getTransformationMatrix(),
  });
  return { packet: (packet: EncodedPacket) => source.add(packet, { decoderConfig }), close: () => source.close() };
}

async function addAudio(output: Output, track: InputAudioTrack, maxPackets: number) {
  const codec = await track.getCodec();
  const decoderConfig = await track.getDecoderConfig();
  if (codec === null || decoderConfig === null) return noCodec();
  const source = new EncodedAudioPacketSource(codec);
  output.addAudioTrack(source, await metadataOf(track, maxPackets));
  return { packet: (packet: EncodedPacket) => source.add(packet, { decoderConfig }), close: () => source.close() };
}

async function metadataOf(track: InputTrack, maxPackets: number) {
  const { packetCount } = await track.computePacketStats(maxPackets + 1);
  if (packetCount > maxPackets) throw new Error("a track has more packets than there is time for");
  return { maximumPacketCount: packetCount, languageCode: await track.getLanguageCode() };
}

function earliest(lanes: readonly Lane[]): Lane | undefined {
  return lanes.filter((lane) => lane.nextAt() < Infinity).sort((a, b) => a.nextAt() - b.nextAt())[0];
}

/** Whether people see and hear the same. Durations can differ by a frame: containers round them differently. */
function isEquivalent(made: MediaFacts, original: MediaFacts): boolean {
  const near = (a: number | null, b: number | null) => a === b || Math.abs((a ?? Infinity) - (b ?? Infinity)) < 0.1;
  return (
    (["width", "height", "videoCodec", "audioCodec", "audioChannels", "audioSampleRate"] as const).every(
      (fact) => made[fact] === original[fact],
    ) && near(made.durationSeconds, original.durationSeconds)
  );
}

/** Failures of the machine keep their own names, since retrying may help; errors in the file itself remain. */
function asRejection(error: unknown): never {
  if (error instanceof BrokerError || (error instanceof Error && "code" in error)) throw error;
  throw new BrokerError("MEDIA_REJECTED", "The video cannot be rewrapped as MP4.", { retryable: false, cause: error });
}

function noCodec(): never {
  throw new Error("a track is of an unknown codec");
}
