/** A file of a type that is taken, but that cannot be read. `message` completes the sentence "The file …". */
export class UnreadableMediaError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "UnreadableMediaError";
  }
}

export const BROKEN = "is truncated or corrupt and cannot be read";
export const TOO_COSTLY = "takes more memory or time to read than a file may";
