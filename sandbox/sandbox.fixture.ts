import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import sharp from "sharp";

import type { PlatformName } from "../model/platform-names.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "./server.ts";

/** When the platforms' test sandboxes start. */
export const START = new Date("2026-11-01T12:00:00Z");

/** A separate sandbox for a test, in its own folder, with the calls that tests repeat. */
export interface TestSandbox extends Sandbox {
  dataDir: string;
  logged: string[];
  /** `https://HOST/PATH` on the sandbox. */
  at(url: string): string;
  call(method: string, url: string, options?: CallOptions): Promise<Answer>;
  control(method: string, path: string, body?: unknown): Promise<Answer>;
}

export interface CallOptions {
  form?: Record<string, string>;
  token?: string;
  headers?: Record<string, string>;
  body?: RequestInit["body"];
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined if it is not JSON. */
  json: unknown;
}

export async function openSandbox(test: TestContext, options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const dataDir = options.dataDir ?? (await temporaryFolder(test));
  const logged: string[] = [];
  const sandbox = await startSandbox({
    port: 0,
    limits: true,
    log: (message, error) => logged.push(`${message} ${String(error ?? "")}`),
    ...options,
    dataDir,
  });
  test.after(() => sandbox.close());
  const at = (url: string) => url.replace(/^https:\//, sandbox.url);
  return {
    ...sandbox,
    dataDir,
    logged,
    at,
    call: (method, url, { form, token, headers, body } = {}) =>
      send(
        method,
        at(url),
        { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
        form ? new URLSearchParams(form) : body,
      ),
    control: (method, path, body) =>
      send(
        method,
        `${sandbox.url}/_sandbox/${path}`,
        body === undefined ? {} : { "content-type": "application/json" },
        body === undefined ? undefined : JSON.stringify(body),
      ),
  };
}

/** Connects to the sandbox whatever the host, as a hosts file would, and trusts its certificate authority. */
export function agentOf({ tls }: Pick<Sandbox, "tls">): Agent {
  if (!tls) throw new Error("the sandbox was opened without TLS");
  const { port, caPath } = tls;
  class SandboxAgent extends Agent {
    override createConnection(...[options, done]: Parameters<Agent["createConnection"]>) {
      return super.createConnection({ ...options, host: "127.0.0.1", port }, done);
    }
  }
  return new SandboxAgent({ ca: readFileSync(caPath) });
}

/** External test actions on one platform. */
export interface Controls {
  advance(seconds: number): Promise<void>;
  fault(fault: Record<string, unknown>): Promise<void>;
  posts(): Promise<Record<string, unknown>[]>;
}

export function controlsOf(sandbox: TestSandbox, platform: PlatformName): Controls {
  return {
    async advance(seconds) {
      assert.equal((await sandbox.control("POST", "clock", { advanceSeconds: seconds })).status, 200);
    },
    async fault(fault) {
      const answer = await sandbox.control("POST", "faults", { platform, ...fault });
      assert.equal(answer.status, 201, answer.text);
    },
    async posts() {
      return listAt((await sandbox.control("GET", `posts?platform=${platform}`)).json);
    },
  };
}

/** The code sent back by an approved consent page; empty if there is none. */
export function codeOf(answer: Answer): string {
  return new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

/** The string at a dotted path; fails the test if it is missing. */
export function stringAt(value: unknown, path: string): string {
  const found = valueAt(value, path);
  assert.equal(typeof found, "string", `${path} of ${JSON.stringify(value)}`);
  return String(found);
}

export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split("."))
    at = typeof at === "object" && at !== null ? Object.entries(at).find(([name]) => name === part)?.[1] : undefined;
  return at;
}

/** The list at a dotted path, or the value itself as a list. */
export function listAt(value: unknown, path?: string): Record<string, unknown>[] {
  const list = path === undefined ? value : valueAt(value, path);
  assert.ok(Array.isArray(list), `a list in ${JSON.stringify(value)}`);
  return list;
}

export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Serves these files on loopback until the test ends. */
export async function serveFiles(test: TestContext, files: Record<string, Buffer>): Promise<string> {
  const server: Server = createServer((request, response) => {
    const file = files[(request.url ?? "/").slice(1)];
    response.writeHead(file ? 200 : 404).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("the file server has no address");
  return `http://127.0.0.1:${address.port}`;
}

export function jpeg(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: 200, g: 90, b: 60 } } })
    .jpeg()
    .toBuffer();
}

export interface VideoShape {
  seconds: number;
  width?: number;
  height?: number;
  framesPerSecond?: number;
  container?: "mp4" | "mov";
  codec?: "avc" | "vp9";
  audioChannels?: number;
}

/** A video with a valid index and noise for frames: enough for everything that measures without decoding. */
export async function video({
  seconds,
  width = 720,
  height = 1280,
  framesPerSecond = 30,
  container = "mp4",
  codec = "avc",
  audioChannels,
}: VideoShape): Promise<Buffer> {
  const target = new BufferTarget();
  const output = new Output({ format: container === "mp4" ? new Mp4OutputFormat() : new MovOutputFormat(), target });
  const pictures = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(pictures);
  const sound = audioChannels === undefined ? undefined : new EncodedAudioPacketSource("aac");
  if (sound) output.addAudioTrack(sound);
  await output.start();
  const avc = { codec: "avc1.42001e", codedWidth: width, codedHeight: height, description: AVC_DESCRIPTION };
  const vp9 = { codec: "vp09.00.10.08", codedWidth: width, codedHeight: height };
  const frame = new Uint8Array([0, 0, 0, 2, 0x65, 0x88]);
  for (let number = 0; number < seconds * framesPerSecond; number += 1) {
    const packet = new EncodedPacket(frame, "key", number / framesPerSecond, 1 / framesPerSecond);
    await pictures.add(packet, number === 0 ? { decoderConfig: codec === "avc" ? avc : vp9 } : undefined);
  }
  for (let number = 0; sound && number < seconds; number += 1) {
    const decoderConfig = {
      codec: "mp4a.40.2",
      numberOfChannels: audioChannels ?? 2,
      sampleRate: 44_100,
      description: new Uint8Array([0x12, (audioChannels ?? 2) << 3]),
    };
    await sound.add(
      new EncodedPacket(new Uint8Array([0x21, 0x10]), "key", number, 1),
      number === 0 ? { decoderConfig } : undefined,
    );
  }
  await output.finalize();
  if (!target.buffer) throw new Error("no video was made");
  return Buffer.from(target.buffer);
}

/** The file padded with a box that players skip, so that it has this size and is still the same video. */
export function padded(bytes: Buffer, sizeBytes: number): Buffer {
  const box = Buffer.alloc(sizeBytes - bytes.length);
  box.writeUInt32BE(box.length, 0);
  box.write("free", 4, "latin1");
  return Buffer.concat([bytes, box]);
}

async function send(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: RequestInit["body"],
): Promise<Answer> {
  const answer = await fetch(url, { method, headers, redirect: "manual", ...(body !== undefined && { body }) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A baseline-profile AVC configuration record with one small parameter set of each kind. */
const AVC_DESCRIPTION = new Uint8Array([
  1, 0x42, 0, 0x1e, 0xff, 0xe1, 0, 10, 0x67, 0x42, 0, 0x1e, 0xab, 0x40, 0x50, 0x1e, 0xd0, 0x80, 1, 0, 4, 0x68, 0xce,
  0x3c, 0x80,
]);
