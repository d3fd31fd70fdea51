import type { Db } from "./sql.ts";

/**
 * The job queue as seen by senders: a job sent in a transaction exists if that commits. In queues with shares, jobs of
 * one group cannot occupy all workers; higher priorities run first.
 */
export interface JobSender {
  send(db: Db, queue: string, data: object, group?: string, priority?: number): Promise<void>;
}
