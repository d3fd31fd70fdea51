/** A command's exit codes. A command ended by a signal exits with 128 plus the signal's number, as usual. */
export const EXIT_CODES = {
  done: 0,
  /** Something failed: no connection, a server that is down, an internal error. Or the person declined. */
  failed: 1,
  usageError: 2,
  /** The API rejected it, or validation found issues. */
  refused: 3,
  /** After waiting, the post is partial, failed or discarded. */
  notPublished: 4,
  /** Same as a command ended by SIGINT. */
  interrupted: 130,
  /** Same as a command ended by SIGPIPE. */
  brokenPipe: 141,
} as const;
