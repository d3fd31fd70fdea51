/** The jobs of media on the job queue. Their handlers are `Ingest.run`, `dropBytes` and `sweepMedia`. */
export const INGEST_QUEUE = "media.ingest";
export const DROP_BYTES_QUEUE = "media.drop-bytes";
export const SWEEP_QUEUE = "media.sweep";

/**
 * A URL is retried until publishing starts, which may be a year ahead: after seconds at first, then less and less
 * often, in the end four times a day. The attempt when publishing starts does not use the queue.
 */
export const INGEST_RETRIES = {
  retryLimit: 1_500,
  retryBackoff: true,
  retryDelay: 5,
  retryDelayMax: 6 * 3600,
  retentionSeconds: 400 * 24 * 3600,
} as const;
