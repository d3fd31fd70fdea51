import { type ChildProcess, spawn } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { dirname, extname, join } from "node:path";
import { buffer } from "node:stream/consumers";

import { z } from "zod";

import { mediaTypeOf } from "../../model/capabilities.ts";
import type { MediaFacts } from "../../model/post.ts";
import type { Tenant } from "../../model/tenant.ts";
import type { Storage } from "../storage/storage.ts";
import { turnOf } from "../turns/slots.ts";
import type { FileToMeasure, ReadBytes } from "./measure.ts";
import { type Conversion, type MeasuringTask, PIECE_BYTES, type ReadPiece } from "./measuring-messages.ts";
import { imageSlots, indexSlots, LIGHT_PIXELS } from "./slots.ts";
import { TOO_COSTLY, UnreadableMediaError } from "./unreadable-media-error.ts";

export interface StoredBytes extends FileToMeasure {
  /** Whose they are: users have a turn each, and live mode goes first. */
  owner: Tenant;
  key: string;
}

export interface MeasuringLimits {
  memoryBytes: number;
  /** For measuring one file. A conversion, which encodes it several times until it fits, gets three times as long. */
  seconds: number;
  /** How long a process is kept for the next file. */
  idleSeconds: number;
}

/**
 * An image of 110 megapixels that must be decoded as a whole takes 900 MB; the largest of videos' indexes takes less.
 */
const LIMITS: MeasuringLimits = { memoryBytes: 1.5e9, seconds: 60, idleSeconds: 60 };

export interface Measuring {
  /**
   * Measures stored media in a process of its own, which has nothing but the file: no settings, no database. If it
   * crashes, or takes too much memory or time, it is killed, and only this file is refused. Throws an
   * UnreadableMediaError.
   */
  measure(storage: Storage, bytes: StoredBytes): Promise<MediaFacts>;
  /**
   * Converts a stored image in the same way, to a file at `target`. Must run in the image slot. Throws an
   * UnreadableMediaError.
   */
  convert(
    storage: Storage,
    key: string,
    target: string,
    conversion: Conversion,
  ): Promise<{ width: number; height: number }>;
  /** The processes that are running. */
  pids(): number[];
}

export function createMeasuring({ memoryBytes, seconds, idleSeconds }: MeasuringLimits = LIMITS): Measuring {
  const all = new Set<ChildProcess>();
  const idle = new Map<ChildProcess, NodeJS.Timeout>();

  function keep(child: ChildProcess): void {
    hold(child, false);
    idle.set(
      child,
      setTimeout(() => {
        idle.delete(child);
        if (child.connected) child.disconnect();
      }, idleSeconds * 1000).unref(),
    );
  }

  function takeKept(): ChildProcess | undefined {
    const [kept] = idle;
    if (kept === undefined) return undefined;
    const [child, timer] = kept;
    clearTimeout(timer);
    idle.delete(child);
    hold(child, true);
    return child;
  }

  async function start(): Promise<ChildProcess> {
    const child = spawnBounded(memoryBytes);
    all.add(child);
    const ended = new Promise<never>((_resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        all.delete(child);
        clearTimeout(idle.get(child));
        idle.delete(child);
        reject(new Error(`The process that measures media ended with ${signal ?? code}`));
      });
    });
    ended.catch(() => undefined);
    const ready = new Promise<void>((resolve) => child.once("message", () => resolve()));
    const timer = setTimeout(() => child.kill("SIGKILL"), START_SECONDS * 1000);
    await Promise.race([ready, ended]).finally(() => clearTimeout(timer));
    return child;
  }

  /** A kept process may have been killed while it waited, so the file gets another one if it ends. */
  async function run(task: MeasuringTask, read: ReadBytes): Promise<Answer> {
    const kept = takeKept();
    const answer = (kept && (await askAndKeep(kept, task, read))) ?? (await askAndKeep(await start(), task, read));
    if (answer === null || answer === "late") throw new UnreadableMediaError(TOO_COSTLY);
    if ("unreadable" in answer) throw new UnreadableMediaError(answer.unreadable);
    if ("failed" in answer) throw new Error(`Media cannot be measured: ${answer.failed}`);
    return answer;
  }

  async function askAndKeep(child: ChildProcess, task: MeasuringTask, read: ReadBytes) {
    try {
      const answer = await ask(child, task, read, task.kind === "conversion" ? 3 * seconds : seconds);
      if (answer === null || answer === "late") child.kill("SIGKILL");
      else keep(child);
      return answer;
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  async function countPixels(path: string): Promise<number> {
    const answer = await run({ kind: "pixels", path }, readNothing);
    return "pixels" in answer ? answer.pixels : unexpected();
  }

  async function measureWith(task: MeasuringTask, read: ReadBytes): Promise<MediaFacts> {
    const answer = await run(task, read);
    return "facts" in answer ? answer.facts : unexpected();
  }

  return {
    async measure(storage, { owner, key, mimeType, sizeBytes }) {
      const file = { mimeType, sizeBytes };
      if (mediaTypeOf(mimeType) === "video")
        return indexSlots.run(turnOf(owner, false), () =>
          measureWith({ kind: "video", file }, async (start, end) => buffer(await storage.open(key, { start, end }))),
        );
      const pixels = await imageSlots.run(turnOf(owner, true), () => storage.withFile(key, countPixels));
      return imageSlots.run(turnOf(owner, pixels <= LIGHT_PIXELS), () =>
        storage.withFile(key, (path) => measureWith({ kind: "image", path, file }, readNothing)),
      );
    },
    async convert(storage, key, target, conversion) {
      const answer = await storage.withFile(key, (path) =>
        run({ kind: "conversion", path, target, conversion }, readNothing),
      );
      return "made" in answer ? answer.made : unexpected();
    },
    pids: () => [...all].flatMap(({ pid }) => pid ?? []),
  };
}

export const { measure: measureStored, convert: convertStored } = createMeasuring();

const START_SECONDS = 30;

/** The kernel ends one that loops without its starter. It ends itself long before. */
const CPU_SECONDS = 600;

/** V8 reserves as much for compiled code: it counts against the kernel's limit, but takes no memory. */
const RESERVED_BYTES = 600e6;

/** If the machine runs out of memory, the kernel kills this process first. */
const BOUNDED = 'echo 1000 > /proc/self/oom_score_adj; ulimit -d "$1"; ulimit -t "$2"; ulimit -c 0; shift 2; exec "$@"';

const FLAGS = ["--optimize-for-size", "--max-semi-space-size=2"];

const PROGRAM = join(import.meta.dirname, `measuring-process${extname(import.meta.filename)}`);

function spawnBounded(memoryBytes: number): ChildProcess {
  const limits = [String(Math.ceil((RESERVED_BYTES + memoryBytes) / 1024)), String(CPU_SECONDS)];
  const cache = getCompileCacheDir();
  return spawn("/bin/sh", ["-c", BOUNDED, "sh", ...limits, process.execPath, ...FLAGS, PROGRAM], {
    // None of the secrets that this process was started with.
    env: cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
}

/** Whether this process waits for it before it ends. */
function hold(child: ChildProcess, isNeeded: boolean): void {
  if (isNeeded) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

const facts = z.strictObject({
  type: z.enum(["image", "video"]),
  mimeType: z.string(),
  sizeBytes: z.number(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  durationSeconds: z.number().nullable(),
  frameRate: z.number().nullable(),
  bitRate: z.number().nullable(),
  videoCodec: z.string().nullable(),
  audioCodec: z.string().nullable(),
  audioChannels: z.number().nullable(),
  audioSampleRate: z.number().nullable(),
  animated: z.boolean(),
  orientation: z.number(),
  indexFirst: z.boolean().optional(),
  rewrapObstacle: z.string().optional(),
});
const answer = z.union([
  z.strictObject({ pixels: z.number() }),
  z.strictObject({ facts }),
  z.strictObject({ made: z.strictObject({ width: z.number(), height: z.number() }) }),
  z.strictObject({ unreadable: z.string() }),
  z.strictObject({ failed: z.string() }),
]);
type Answer = z.output<typeof answer>;
const wantedPiece = z
  .strictObject({ read: z.number(), start: z.int().nonnegative(), end: z.int() })
  .refine(({ start, end }) => start < end && end - start <= PIECE_BYTES);

/** What it says of a task; null if it ended, "late" if it took too long. */
function ask(
  child: ChildProcess,
  task: MeasuringTask,
  read: ReadBytes,
  seconds: number,
): Promise<Answer | "late" | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer | "late" | null>();
  const send = (message: MeasuringTask | ReadPiece) =>
    child.connected ? child.send(message, (error) => error && resolve(null)) : resolve(null);
  const hear = (message: unknown) => {
    const wanted = wantedPiece.safeParse(message);
    if (!wanted.success) return resolve(answer.parse(message));
    const { read: id, start, end } = wanted.data;
    read(start, end).then((bytes) => send({ read: id, bytes }), reject);
  };
  const onMessage = (message: unknown) => {
    try {
      hear(message);
    } catch (error) {
      reject(error);
    }
  };
  const onExit = () => resolve(null);
  const timer = setTimeout(() => resolve("late"), seconds * 1000);
  child.on("message", onMessage);
  child.once("exit", onExit);
  send(task);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off("message", onMessage);
    child.off("exit", onExit);
  });
}

function readNothing(): never {
  throw new Error("An image is read at its path");
}

function unexpected(): never {
  throw new Error("The process that measures media gave the answer to another question");
}
