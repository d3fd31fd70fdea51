/** What a command's exit code means. A command that a signal ends has 128 and the signal's number, as everywhere. */
export const EXIT_CODES = {
  done: 0,
  /** Something broke: no connection, a server that is down, an internal error. Or the person declined. */
  failed: 1,
  usageError: 2,
  /** The API refused it, or validation found issues. */
  refused: 3,
  /** After waiting, the post is partial, failed or discarded. */
  notPublished: 4,
  /** As of a command that SIGINT ends. */
  interrupted: 130,
  /** As of a command that SIGPIPE ends. */
  brokenPipe: 141,
} as const;
