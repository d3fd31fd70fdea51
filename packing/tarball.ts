import { gzipSync } from "node:zlib";

/** A file of a package. */
export interface PackedFile {
  /** Relative to the package, with slashes. At most 255 bytes. */
  path: string;
  bytes: Uint8Array;
  isExecutable?: boolean;
}

const BLOCK = 512;
/** As `npm pack` does: the same files are the same bytes, whenever they are packed. */
const MODIFIED_SECONDS = Date.parse("1985-10-26T08:15:00Z") / 1000;

/** Files as npm expects a package: a gzipped POSIX archive with everything below `package/`. */
export function toTarball(files: readonly PackedFile[]): Buffer {
  const blocks = files.flatMap((file) => [
    headerOf(file),
    file.bytes,
    Buffer.alloc((BLOCK - (file.bytes.length % BLOCK)) % BLOCK),
  ]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 9 });
}

function headerOf({ path, bytes, isExecutable = false }: PackedFile): Buffer {
  const header = Buffer.alloc(BLOCK);
  const [prefix, name] = split(`package/${path}`);
  header.write(name, 0);
  header.write(octal(isExecutable ? 0o755 : 0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(bytes.length, 12), 124);
  header.write(octal(MODIFIED_SECONDS, 12), 136);
  // While the checksum is computed, its own field counts as spaces.
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\0" + "00", 257);
  header.write(prefix, 345);
  header.write(`${octal(sum(header), 7)} `, 148);
  return header;
}

/** A path of more than 100 bytes is divided at a slash. */
function split(path: string): [prefix: string, name: string] {
  if (path.length <= 100) return ["", path];
  const at = path.indexOf("/", path.length - 101);
  if (at === -1 || at > 155) throw new Error(`${path} is too long for an archive.`);
  return [path.slice(0, at), path.slice(at + 1)];
}

function octal(value: number, size: number): string {
  return `${value.toString(8).padStart(size - 1, "0")}\0`;
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => total + byte, 0);
}
