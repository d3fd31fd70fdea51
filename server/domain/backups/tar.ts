const BLOCK = 512;

/** Written by us in this form only; any tar program reads it. */
export interface TarEntry {
  name: string;
  sizeBytes: number;
  /** To be read before the next entry. */
  bytes: AsyncIterable<Buffer>;
}

/** A file that is not a tar archive, or not a whole one. */
export class BrokenArchiveError extends Error {
  override name = "BrokenArchiveError";
}

/** The end of an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** Throws if there are more or fewer bytes than `sizeBytes`. */
export async function* tarEntry(
  name: string,
  sizeBytes: number,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield printHead(name, sizeBytes);
  let written = 0;
  for await (const chunk of bytes) {
    written += chunk.byteLength;
    if (written <= sizeBytes) yield chunk;
  }
  if (written !== sizeBytes) throw new Error(`${name} has ${written} bytes instead of ${sizeBytes}`);
  yield Buffer.alloc(paddingOf(sizeBytes));
}

/** Throws a BrokenArchiveError. `onBytes` sees every byte of an entry before it is used. */
export async function* readTar(
  bytes: AsyncIterable<Buffer>,
  onBytes: (bytes: Buffer, name: string) => void,
): AsyncGenerator<TarEntry> {
  const source = new ByteSource(bytes);
  try {
    for (;;) {
      const head = await source.take(BLOCK);
      if (head.every((byte) => byte === 0)) return;
      const { name, sizeBytes } = parseHead(head);
      onBytes(head, name);
      let left = sizeBytes;
      const read = async function* () {
        while (left > 0) {
          const chunk = await source.some(left);
          left -= chunk.length;
          onBytes(chunk, name);
          yield chunk;
        }
      };
      yield { name, sizeBytes, bytes: read() };
      if (left > 0) throw new Error(`${name} was not read to its end`);
      const padding = await source.take(paddingOf(sizeBytes));
      if (padding.some((byte) => byte !== 0)) throw new BrokenArchiveError("part of it is damaged");
      onBytes(padding, name);
    }
  } finally {
    await source.close();
  }
}

class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** At least one byte, at most `most`. */
  async some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) throw new BrokenArchiveError("it ends too early");
      this.#rest = next.value;
    }
    const some = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(some.length);
    return some;
  }

  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0;) {
      const part = await this.some(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

const NAME = { at: 0, bytes: 100 };
const SIZE = { at: 124, bytes: 12 };
const CHECKSUM = { at: 148, bytes: 8 };

/** Of the format ustar. Modes and owners mean nothing here. */
function printHead(name: string, sizeBytes: number): Buffer {
  if (Buffer.byteLength(name) > NAME.bytes) throw new Error(`${name} is too long a name`);
  if (sizeBytes >= 8 ** 11) throw new Error(`${name} is too large`);
  const head = Buffer.alloc(BLOCK);
  const octal = (value: number, { at, bytes }: { at: number; bytes: number }) =>
    head.write(`${value.toString(8).padStart(bytes - 1, "0")}\0`, at, "latin1");
  head.write(name, NAME.at, "utf8");
  octal(0o600, { at: 100, bytes: 8 });
  octal(0, { at: 108, bytes: 8 });
  octal(0, { at: 116, bytes: 8 });
  octal(sizeBytes, SIZE);
  octal(0, { at: 136, bytes: 12 });
  head.write("0", 156, "latin1");
  head.write("ustar\u000000", 257, "latin1");
  head.write(`${checksumOf(head).toString(8).padStart(6, "0")}\0 `, CHECKSUM.at, "latin1");
  return head;
}

function parseHead(head: Buffer): { name: string; sizeBytes: number } {
  const text = ({ at, bytes }: { at: number; bytes: number }) =>
    head.toString("utf8", at, at + bytes).replace(/\0.*$/s, "");
  const sizeBytes = parseInt(text(SIZE), 8);
  if (parseInt(text(CHECKSUM), 8) !== checksumOf(head) || !(sizeBytes >= 0))
    throw new BrokenArchiveError("part of it is damaged");
  return { name: text(NAME), sizeBytes };
}

/** The sum of all bytes, where those of the sum itself count as spaces. */
function checksumOf(head: Buffer): number {
  const isOwn = (at: number) => at >= CHECKSUM.at && at < CHECKSUM.at + CHECKSUM.bytes;
  return head.reduce((sum, byte, at) => sum + (isOwn(at) ? 32 : byte), 0);
}

function paddingOf(sizeBytes: number): number {
  return (BLOCK - (sizeBytes % BLOCK)) % BLOCK;
}
