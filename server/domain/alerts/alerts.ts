import type pg from "pg";
import type { Logger } from "pino";
import { Webhook } from "standardwebhooks";
import { z } from "zod";

import { newId } from "../../../model/ids.ts";
import { guardedFetch } from "../../../platforms/kit/guarded-fetch.ts";
import type { JobSender } from "../../db/job-sender.ts";
import {
  findAlertNews,
  noteAlerts,
  takeAlertTurn,
  takeBegunAlerts,
  takeEndedAlerts,
} from "../../db/queries/operator-alerts.ts";
import { findOwner } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";
import { ALERT_QUEUE } from "../../jobs/queues.ts";
import { type AlertNews, renderAlertsEmail } from "../../mail/emails.ts";
import { sendMail } from "../../mail/send-mail.ts";
import type { Vault } from "../../vault/vault.ts";

/** Something that the operator must know while it lasts. */
export interface Condition {
  /** Identifies it, from its beginning to its end. */
  name: string;
  /** A few words. */
  title: string;
  /** What it means, and what to do. Sentences. */
  message: string;
}

/** Where alerts are sent. */
export interface AlertSettings {
  /** Null: the owner. Empty: nobody. */
  emails: readonly string[] | null;
  webhook: { url: string; secret: string | null } | null;
}

export interface AlertDeps {
  pool: pg.Pool;
  jobs: JobSender;
  vault: Vault;
  alerts: AlertSettings;
  appUrl: string;
}

export interface AlertPace {
  /** A condition that has not been seen for this long is over. */
  quietSeconds: number;
  /** The least time between two emails, so that one covers everything that happens at once. */
  apartSeconds: number;
}

const PACE: AlertPace = { quietSeconds: 180, apartSeconds: 300 };

/**
 * Stores which conditions hold now, and alerts the operator to those that have begun and those that are over: to each
 * once, regardless of how many processes call this. The first alert is sent immediately, later ones together.
 */
export async function sendAlerts(
  deps: AlertDeps,
  conditions: readonly Condition[],
  { quietSeconds, apartSeconds } = PACE,
): Promise<void> {
  const { pool } = deps;
  if (conditions.length > 0)
    await noteAlerts.run(pool, [
      conditions.map(({ name }) => name),
      conditions.map(({ title }) => title),
      conditions.map(({ message }) => message),
    ]);
  if (!(await findAlertNews.one(pool, [quietSeconds]))?.found) return;
  await transaction(pool, async (tx) => {
    if ((await takeAlertTurn.run(tx, [apartSeconds])) === 0) return;
    const over = await takeEndedAlerts.all(tx, [quietSeconds]);
    const begun = await takeBegunAlerts.all(tx);
    const news: AlertNews = {
      begun,
      over: over.map(({ last_seen_at: until, ...alert }) => ({ ...alert, until })),
    };
    if (begun.length + over.length > 0) await queueNews(deps, tx, news);
  });
}

async function queueNews(
  { jobs, vault, alerts, appUrl }: AlertDeps,
  tx: pg.PoolClient,
  news: AlertNews,
): Promise<void> {
  const owner = alerts.emails === null ? await findOwner.one(tx) : undefined;
  const emails = alerts.emails ?? (owner === undefined || owner.email === null ? [] : [owner.email]);
  for (const to of emails) await sendMail({ jobs, vault }, tx, renderAlertsEmail(to, news, appUrl));
  if (alerts.webhook === null) return;
  const { subject, text } = renderAlertsEmail("", news, appUrl);
  const body = JSON.stringify({
    type: "operator.alerts",
    timestamp: new Date().toISOString(),
    text: `${subject}\n\n${text}`,
    data: { instance: appUrl, ...news },
  });
  await jobs.send(tx, ALERT_QUEUE, { id: newId(), body });
}

const job = z.object({ id: z.uuid(), body: z.string() });

/** The job of ALERT_QUEUE. Throws if it should be retried, with the same `webhook-id`. */
export async function deliverAlert({ webhook }: AlertSettings, data: unknown, signal: AbortSignal): Promise<void> {
  const { id, body } = job.parse(data);
  if (webhook === null) return;
  const at = new Date();
  const signature = webhook.secret !== null && {
    "webhook-signature": new Webhook(webhook.secret).sign(id, at, body),
  };
  const answer = await guardedFetch(webhook.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      ...signature,
    },
    body,
    // The operator names it, and often runs it on the same network.
    allowPrivate: true,
    maxBytes: 100_000,
    anyBody: true,
    maxRedirects: 0,
    totalSeconds: 15,
    signal,
  });
  answer.discard();
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`The endpoint responded with status ${answer.status}.`);
}

/** Sends alerts for as long as the process lives. Returns a function that stops it. */
export function keepAlerted(
  deps: AlertDeps,
  find: () => Promise<readonly Condition[]>,
  log: Pick<Logger, "warn">,
  everySeconds = 15,
): () => Promise<void> {
  let running: Promise<void> | null = null;
  const round = async () => sendAlerts(deps, await find());
  const begin = () => {
    running ??= round()
      .catch((error: unknown) => log.warn({ err: error }, "The operator could not be alerted; will retry"))
      .finally(() => (running = null));
  };
  begin();
  const timer = setInterval(begin, everySeconds * 1000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
