import { Readable } from "node:stream";

import type pg from "pg";

/**
 * The rows of `query` in PostgreSQL's text format, as they arrive; every chunk has whole rows. The connection is busy
 * until the end; release it with an error if the stream is not read to its end.
 */
export function copyOut(client: pg.ClientBase, query: string): Readable {
  return client.query(new CopyOut(`copy (${query}) to stdout`));
}

/** Adds whole rows in PostgreSQL's text format. `into` is a table with its columns. */
export async function copyIn(client: pg.ClientBase, into: string, rows: Buffer): Promise<void> {
  await client.query(new CopyIn(`copy ${into} from stdin`, rows)).done;
}

class CopyOut extends Readable implements pg.Submittable {
  readonly #text: string;
  #connection: pg.Connection | null = null;

  constructor(text: string) {
    super({ highWaterMark: 64 * 1024 });
    this.#text = text;
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection;
    connection.query(this.#text);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // The parser reuses its memory.
    if (!this.destroyed && !this.push(Buffer.from(chunk))) this.#connection?.stream.pause();
  }

  override _read(): void {
    this.#connection?.stream.resume();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (!this.destroyed) this.push(null);
  }

  handleError(error: Error): void {
    this.destroy(error);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The rest of the answer is read and dropped: a connection that is paused would never end.
    this.#connection?.stream.resume();
    done(error);
  }
}

class CopyIn implements pg.Submittable {
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #rows: Buffer;
  readonly #ending = Promise.withResolvers<void>();

  constructor(text: string, rows: Buffer) {
    this.#text = text;
    this.#rows = rows;
    this.done = this.#ending.promise;
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse({ stream }: pg.Connection): void {
    stream.write(messageHead("d", this.#rows.length));
    stream.write(this.#rows);
    stream.write(messageHead("c", 0));
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#ending.resolve();
  }

  handleError(error: Error): void {
    this.#ending.reject(error);
  }
}

/** Of a message of PostgreSQL's protocol: its kind and its length, which counts itself. */
function messageHead(kind: string, bodyBytes: number): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeInt32BE(bodyBytes + 4, 1);
  return head;
}
