import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import type { OutputFormat } from "mediabunny";

import { fixture } from "./media-world.ts";

/** A fixture's packets as a QuickTime file with its index at the end, as cameras write them. */
export function quickTime(name: string): Promise<Buffer> {
  return wrap(name, new MovOutputFormat({ fastStart: false }));
}

/** A fixture's packets as an MP4 file with its index at the end. */
export function indexLast(name: string): Promise<Buffer> {
  return wrap(name, new Mp4OutputFormat({ fastStart: false }));
}

/** A fixture's packets as an MP4 file in fragments of half a second, with their index at the end. */
export function inFragments(name: string): Promise<Buffer> {
  return wrap(name, new Mp4OutputFormat({ fastStart: "fragmented", minimumFragmentDuration: 0.5 }));
}

/** A fixture's video with uncompressed audio, which QuickTime allows. */
export function withPlainSound(name: string): Promise<Buffer> {
  return wrap(name, new MovOutputFormat({ fastStart: false }), { isPlain: true });
}

/** The same as a QuickTime file of several megabytes: each frame is followed by bytes that decoders skip. */
export function heavy(name: string): Promise<Buffer> {
  return wrap(name, new MovOutputFormat({ fastStart: false }), { fillerBytes: 40_000 });
}

async function wrap(name: string, format: OutputFormat, { isPlain = false, fillerBytes = 0 } = {}): Promise<Buffer> {
  using input = new Input({ source: new BufferSource(await fixture(name)), formats: ALL_FORMATS });
  const target = new BufferTarget();
  const output = new Output({ format, target });
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  const [videoCodec, audioCodec] = [await video?.getCodec(), await audio?.getCodec()];
  if (!video || !audio || !videoCodec || !audioCodec) throw new Error(`${name} has no picture or no sound`);
  const pictures = new EncodedVideoPacketSource(videoCodec);
  const sound = new EncodedAudioPacketSource(isPlain ? "pcm-s16" : audioCodec);
  output.addVideoTrack(pictures, { transformationMatrix: await video.getTransformationMatrix() });
  output.addAudioTrack(sound);
  await output.start();
  const [videoConfig, audioConfig] = [await video.getDecoderConfig(), await audio.getDecoderConfig()];
  for await (const packet of new EncodedPacketSink(video).packets())
    await pictures.add(filled(packet, fillerBytes), videoConfig === null ? {} : { decoderConfig: videoConfig });
  if (isPlain)
    await sound.add(new EncodedPacket(new Uint8Array(96_000), "key", 0, 1), {
      decoderConfig: { codec: "pcm-s16", numberOfChannels: 1, sampleRate: 48_000 },
    });
  else
    for await (const packet of new EncodedPacketSink(audio).packets())
      await sound.add(packet, audioConfig === null ? {} : { decoderConfig: audioConfig });
  await output.finalize();
  return Buffer.from(target.buffer ?? new ArrayBuffer(0));
}

/** Source: ISO/IEC 14496-10, 7.3.2.7: a unit of type 12 holds filler data. */
function filled(packet: EncodedPacket, fillerBytes: number): EncodedPacket {
  if (fillerBytes === 0) return packet;
  const unit = Buffer.alloc(4 + fillerBytes, 0xff);
  unit.writeUInt32BE(fillerBytes);
  unit[4] = 12;
  return packet.clone({ data: Buffer.concat([packet.data, unit]) });
}

/** Everything that is seen and heard of a video: its packets in decoding order, and how to decode them. */
export async function packetsOf(film: Uint8Array) {
  using input = new Input({ source: new BufferSource(film), formats: ALL_FORMATS });
  const tracks = await input.getTracks();
  return await Promise.all(
    tracks.map(async (track) => {
      const packets: EncodedPacket[] = [];
      for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
      const config = track.isVideoTrack()
        ? await track.getDecoderConfig()
        : track.isAudioTrack()
          ? await track.getDecoderConfig()
          : null;
      return {
        type: track.type,
        codec: config?.codec,
        description: Buffer.from(config?.description instanceof Uint8Array ? config.description : []).toString("hex"),
        rotation: track.isVideoTrack() ? await track.getRotation() : 0,
        packets: packets.map(({ data, type, timestamp, duration }) => ({
          data: Buffer.from(data).toString("base64"),
          type,
          at: Math.round(timestamp * 10_000),
          lasts: Math.round(duration * 10_000),
        })),
      };
    }),
  );
}

/** The same video with the end of its audio cut off by an edit list: the samples are there, but not heard. */
export function cutOff(film: Buffer): Buffer {
  const cut = Buffer.from(film);
  const edits = cut.indexOf("elst");
  if (edits === -1) throw new Error("the film has no edit list");
  cut.writeUInt32BE(cut.readUInt32BE(edits + 12) / 2, edits + 12);
  return cut;
}
