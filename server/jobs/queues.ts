import { BILLING_CARE_QUEUE, BILLING_EMAIL_QUEUE, BILLING_LEAVE_QUEUE, BILLING_RETRIES } from "../billing/queues.ts";
import { USAGE_QUEUE } from "../db/note-usage.ts";
import { MAIL_QUEUE, MAIL_RETRIES } from "../mail/queues.ts";
import { DROP_BYTES_QUEUE, INGEST_QUEUE, INGEST_RETRIES, SWEEP_QUEUE } from "../media/queues.ts";
import {
  AUTHORIZATIONS_SWEEP_QUEUE,
  CARE_ROUNDS,
  PROFILES_QUEUE,
  RENEW_QUEUE,
  REVOKE_QUEUE,
  REVOKE_RETRIES,
  WARN_QUEUE,
} from "../oauth/queues.ts";
import type { Shares } from "./fair-worker.ts";

/** Jobs are deleted a day after they have finished: their failures are in the log. */
export const FINISHED_JOB_SECONDS = 86_400;

/** A kind of job. Omitted durations are pg-boss's defaults: two attempts, 15 minutes each, started within 14 days. */
export interface QueueSettings {
  retryLimit?: number;
  /** The first delay between attempts; with `retryBackoff`, it doubles up to `retryDelayMax`. */
  retryDelay?: number;
  retryBackoff?: boolean;
  retryDelayMax?: number;
  expireInSeconds?: number;
  /** A worker that is silent for this long is considered dead, and its job runs again. */
  heartbeatSeconds?: number;
  retentionSeconds?: number;
  /** Concurrency per process. Without shares, it fetches more only when all are done. */
  atOnce: number;
  /** For jobs whose speed depends on users: see workInShares. */
  shares?: Shares;
  /** Schedule of recurring jobs, in UTC. */
  cron?: string;
}

export const IDEMPOTENCY_SWEEP_QUEUE = "idempotency.sweep";
export const OUTBOX_SWEEP_QUEUE = "outbox.sweep";
export const JOURNAL_SWEEP_QUEUE = "journal.sweep";
export const SIGN_IN_SWEEP_QUEUE = "sign-in.sweep";
/** Emails about what happened. */
export const NOTICES_QUEUE = "notices.send";

export const BLOCKS_QUEUE = "posts.block";

/** Alerts for the operator's webhook. */
export const ALERT_QUEUE = "alerts.deliver";
export const BACKUP_QUEUE = "backups.take";

export const WEBHOOK_QUEUE = "webhooks.deliver";

/** For about three days, from seconds to hours apart; pg-boss spreads the pauses at random. */
export const WEBHOOK_RETRIES = { retryLimit: 19, retryDelay: 10, retryBackoff: true, retryDelayMax: 8 * 3600 } as const;

/**
 * All webhooks of a user in a mode (20 with 2 each) fit into the half that one owner can use, so none of them waits for
 * another, however slow they are.
 */
const WEBHOOK_PLACES = { atOnce: 100, shares: { ofGroup: 2, reserve: 20 } } as const;

/** A fetch can take ten minutes: the number a user can run concurrently is small compared to all places. */
const INGEST_PLACES = { atOnce: 32, shares: { ofGroup: 4, reserve: 8 } } as const;

/** Every queue. Jobs can be sent only to these; each has a handler in the composition root. */
export const QUEUES = {
  [INGEST_QUEUE]: { ...INGEST_RETRIES, ...INGEST_PLACES, heartbeatSeconds: 60 },
  [DROP_BYTES_QUEUE]: { retryLimit: 20, retryDelay: 30, retryBackoff: true, retryDelayMax: 3600, atOnce: 4 },
  [SWEEP_QUEUE]: { retryLimit: 0, expireInSeconds: 3 * 3600, heartbeatSeconds: 60, atOnce: 1, cron: "17 * * * *" },
  [MAIL_QUEUE]: { ...MAIL_RETRIES, atOnce: 4 },
  [USAGE_QUEUE]: { ...MAIL_RETRIES, atOnce: 4 },
  [REVOKE_QUEUE]: { ...REVOKE_RETRIES, atOnce: 4 },
  [RENEW_QUEUE]: { ...CARE_ROUNDS, cron: "*/2 * * * *" },
  [WARN_QUEUE]: { ...CARE_ROUNDS, cron: "*/5 * * * *" },
  [PROFILES_QUEUE]: { ...CARE_ROUNDS, cron: "*/10 * * * *" },
  [NOTICES_QUEUE]: { ...CARE_ROUNDS, cron: "* * * * *" },
  [AUTHORIZATIONS_SWEEP_QUEUE]: { retryLimit: 0, atOnce: 1, cron: "*/10 * * * *" },
  [ALERT_QUEUE]: { ...WEBHOOK_RETRIES, expireInSeconds: 60, atOnce: 1 },
  [WEBHOOK_QUEUE]: { ...WEBHOOK_RETRIES, expireInSeconds: 60, retentionSeconds: 14 * 86_400, ...WEBHOOK_PLACES },
  [IDEMPOTENCY_SWEEP_QUEUE]: { retryLimit: 0, atOnce: 1, cron: "37 * * * *" },
  [JOURNAL_SWEEP_QUEUE]: {
    retryLimit: 0,
    expireInSeconds: 3 * 3600,
    heartbeatSeconds: 60,
    atOnce: 1,
    cron: "27 3 * * *",
  },
  [BLOCKS_QUEUE]: {
    retryLimit: 0,
    expireInSeconds: 3 * 3600,
    heartbeatSeconds: 60,
    atOnce: 1,
    cron: "*/5 * * * *",
  },
  [SIGN_IN_SWEEP_QUEUE]: { retryLimit: 0, atOnce: 1, cron: "7 * * * *" },
  [BILLING_LEAVE_QUEUE]: { ...BILLING_RETRIES, atOnce: 4 },
  [BILLING_EMAIL_QUEUE]: { ...BILLING_RETRIES, atOnce: 1 },
  [BILLING_CARE_QUEUE]: { retryLimit: 0, atOnce: 1, cron: "*/5 * * * *" },
  [OUTBOX_SWEEP_QUEUE]: { retryLimit: 0, atOnce: 1, cron: "47 * * * *" },
  [BACKUP_QUEUE]: { retryLimit: 0, expireInSeconds: 12 * 3600, heartbeatSeconds: 60, atOnce: 1, cron: "*/15 * * * *" },
} as const satisfies Record<string, QueueSettings>;

export type QueueName = keyof typeof QUEUES;

export function isQueueName(name: string): name is QueueName {
  return Object.hasOwn(QUEUES, name);
}

/** Runs one job. `data` is what was sent and must be parsed; throwing means that it should be retried. */
export type JobHandler = (data: unknown, signal: AbortSignal) => Promise<void>;
