import { type MeasuringMessage, type MeasuringTask, PIECE_BYTES, type ReadPiece } from "./measuring-messages.ts";
import { TOO_COSTLY, UnreadableMediaError } from "./unreadable-media-error.ts";

/** It ends by itself after so much work: the kernel counts all of it against a limit that stops endless loops. */
const CPU_SECONDS = 300;

const reads = new Map<number, (bytes: Uint8Array) => void>();
let asked = 0;

function tell(message: MeasuringMessage): void {
  process.send?.(message, undefined, {}, () => undefined);
}

function readPiece(start: number, end: number): Promise<Uint8Array> {
  asked += 1;
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  reads.set(asked, resolve);
  tell({ read: asked, start, end });
  return promise;
}

async function read(start: number, end: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let at = start; at < end; at += PIECE_BYTES) pieces.push(await readPiece(at, Math.min(at + PIECE_BYTES, end)));
  return Buffer.concat(pieces);
}

async function work(task: MeasuringTask): Promise<MeasuringMessage> {
  // Loaded with the first file, because the libraries take longer to load than everything else.
  if (task.kind === "conversion") {
    const { convertImage } = await import("./convert-image.ts");
    const { width, height } = await convertImage(task.path, task.target, task.conversion).catch(asTooCostly);
    return { made: { width, height } };
  }
  const { countPixels, measureImage, measureVideo } = await import("./measure.ts");
  if (task.kind === "pixels") return { pixels: await countPixels(task.path) };
  if (task.kind === "image") return { facts: await measureImage(task.path, task.file) };
  return { facts: await measureVideo(read, task.file) };
}

/** What the libraries say if the limit of memory leaves them none. */
function asTooCostly(error: unknown): never {
  if (error instanceof Error && /memory/i.test(error.message))
    throw new UnreadableMediaError(TOO_COSTLY, { cause: error });
  throw error;
}

function explain(error: unknown): MeasuringMessage {
  if (error instanceof UnreadableMediaError) return { unreadable: error.message };
  return { failed: error instanceof Error ? error.message : String(error) };
}

function isPiece(message: unknown): message is ReadPiece {
  return typeof message === "object" && message !== null && "bytes" in message;
}

function isTask(message: unknown): message is MeasuringTask {
  return typeof message === "object" && message !== null && "kind" in message;
}

process.on("message", (message) => {
  if (isPiece(message)) {
    reads.get(message.read)?.(message.bytes);
    reads.delete(message.read);
  } else if (isTask(message)) {
    void work(message)
      .catch(explain)
      .then((answer) => {
        tell(answer);
        const { user, system } = process.cpuUsage();
        if (user + system > CPU_SECONDS * 1e6) process.disconnect();
      });
  }
});
process.once("disconnect", () => process.exit());
tell({ ready: true });
