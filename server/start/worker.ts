import type { PlatformName } from "../../model/platform-names.ts";
import { deprecationsAhead } from "../../platforms/deprecations.ts";
import { platforms } from "../../platforms/index.ts";
import { createHttpClient } from "../../platforms/kit/http.ts";
import { createBilling } from "../billing/billing.ts";
import { BILLING_CARE_QUEUE, BILLING_EMAIL_QUEUE, BILLING_LEAVE_QUEUE } from "../billing/queues.ts";
import { VERSION } from "../calls/version.ts";
import { keepAnalyzed } from "../db/analyze.ts";
import { USAGE_QUEUE } from "../db/note-usage.ts";
import { deliverAlert, keepAlerted } from "../domain/alerts/alerts.ts";
import { findConditions } from "../domain/alerts/conditions.ts";
import { takeDueBackup } from "../domain/backups/scheduled-backups.ts";
import { changeCustomerEmail } from "../domain/billing/change-email.ts";
import { leaveBilling } from "../domain/billing/leave-billing.ts";
import { careForSubscriptions } from "../domain/billing/sync-subscriptions.ts";
import { sendNotices } from "../domain/notifications/send-notices.ts";
import { sendUsageEmail } from "../domain/usage/send-usage-email.ts";
import { createLimitsOf } from "../domain/users/rates.ts";
import { deliver, setDeliveryAside } from "../domain/webhooks/deliver.ts";
import { webhookGroups } from "../domain/webhooks/deliveries.ts";
import { keepEventsRelayed } from "../domain/webhooks/relay.ts";
import {
  ALERT_QUEUE,
  BACKUP_QUEUE,
  BLOCKS_QUEUE,
  IDEMPOTENCY_SWEEP_QUEUE,
  JOURNAL_SWEEP_QUEUE,
  NOTICES_QUEUE,
  OUTBOX_SWEEP_QUEUE,
  SIGN_IN_SWEEP_QUEUE,
  WEBHOOK_QUEUE,
} from "../jobs/queues.ts";
import { blockPosts } from "../jobs/search-blocks.ts";
import {
  sweepAuditLog,
  sweepAuthorizations,
  sweepIdempotencyKeys,
  sweepJournal,
  sweepOutbox,
  sweepRequestLog,
  sweepSignIn,
} from "../jobs/sweeps.ts";
import { deliverMail } from "../mail/deliver-mail.ts";
import { MAIL_QUEUE } from "../mail/queues.ts";
import { sweepEmails } from "../mail/sweep-emails.ts";
import { createIngest } from "../media/ingest.ts";
import { DROP_BYTES_QUEUE, INGEST_QUEUE, SWEEP_QUEUE } from "../media/queues.ts";
import { createMediaSource } from "../media/source.ts";
import { dropBytes, sweepMedia } from "../media/sweep.ts";
import { confirmRefusal } from "../oauth/confirm-refusal.ts";
import { revokeGrant } from "../oauth/disconnect.ts";
import { sendExpiryWarnings } from "../oauth/expiry-warnings.ts";
import { freshAccess } from "../oauth/fresh-token.ts";
import { refreshProfile } from "../oauth/profile.ts";
import { AUTHORIZATIONS_SWEEP_QUEUE, PROFILES_QUEUE, RENEW_QUEUE, REVOKE_QUEUE, WARN_QUEUE } from "../oauth/queues.ts";
import { readDueProfiles, renewDueTokens } from "../oauth/renew-due.ts";
import { restoreHealth } from "../oauth/token-health.ts";
import { openContinuity } from "../publishing/continuity.ts";
import { createEngine } from "../publishing/engine.ts";
import type { FaultHook } from "../publishing/fault-points.ts";
import { openReplacedSettings } from "../publishing/replaced-settings.ts";
import { URGENT_LOCK_SECONDS } from "../publishing/timing.ts";
import { CLAIM_CONNECTIONS, LEASE_CONNECTIONS, type Runtime } from "./runtime.ts";

/** A worker's two kinds of work: publishing, and jobs. */
export interface Worker {
  isRunning(): boolean;
  /** Throws if its connections do not respond or none is free. */
  look(): Promise<void>;
  /** Accepts nothing new, and finishes or hands back work in progress. */
  stop(): Promise<void>;
}

/** For results of commits, even if all other connections are in use. */
const RESULT_CONNECTIONS = 2;

/** While a backup is taken, it holds its snapshot over connections of its own. */
const BACKUP_CONNECTIONS = 2;

/** The part of the shutdown time that is left after publishing has stopped. */
const AFTER_PUBLISHING_SECONDS = 3;

/** Starts publishing and running jobs. They share the process's connections. */
export async function runWorker(runtime: Runtime, faultPoint?: FaultHook): Promise<Worker> {
  const { instance, jobs, storage, listener, planOf, metrics, tracing } = runtime;
  const { config, log, secrets } = instance;
  for (const { message, cure } of deprecationsAhead(config.platformEnvironment, new Date()))
    log.warn(`${message} ${cure}`);
  const { pool } = instance;
  const claimPool = instance.openPool("ampost worker claims", CLAIM_CONNECTIONS, { keepsPlans: true });
  const urgent = { lockTimeoutSeconds: URGENT_LOCK_SECONDS, keepsPlans: true };
  const resultPool = instance.openPool("ampost worker results", RESULT_CONNECTIONS, urgent);
  const leasePool = instance.openPool("ampost worker leases", LEASE_CONNECTIONS, urgent);
  const backupPool = instance.openPool("ampost backup", BACKUP_CONNECTIONS);
  const ingest = createIngest({
    pool,
    storage,
    allowPrivateUrls: config.allowPrivateUrls,
    limitsOf: createLimitsOf(config, planOf),
    planOf,
    jobs,
    log,
  });
  const oauth = { ...instance.oauth, pool };
  const continuity = await openContinuity({ pool, places: { dataDir: config.dataDir, storage }, listener, log });
  const settings = await openReplacedSettings({ pool, listener, log, configured: config.platformEnvironment });
  const billing = config.billing && createBilling(config.billing);
  const platformsDown = new Set<PlatformName>();
  const stuckResults = new Set<string>();
  const slots = config.workerSlots;
  const engine = createEngine({
    pool,
    claimPool,
    resultPool,
    leasePool,
    listener,
    vault: oauth.vault,
    platforms,
    httpFor: (mode, guards) => createHttpClient({ ...guards, sandboxUrl: mode === "test" ? config.sandbox.url : null }),
    mediaSourceFor: (owner) =>
      createMediaSource(
        { pool, storage, mediaUrls: { baseUrl: config.mediaUrl, secret: secrets.mediaSecrets()[0] } },
        owner,
      ),
    ensureMedia: (owner, mediaIds) => ingest.ensureReady(owner, mediaIds),
    freshAccess: (account, options) => freshAccess(oauth, account, options),
    readAccount: async (account) => {
      const { accessToken } = await freshAccess(oauth, account, { minLifetimeSeconds: 60 });
      await refreshProfile(oauth, account, accessToken);
    },
    confirmRefusal: (account, refusal) => confirmRefusal(oauth, account, refusal),
    restoreHealth: (account) => restoreHealth(oauth, account),
    publisher: continuity.publisher,
    speed: config.engineSpeed,
    latestSeconds: config.latestSeconds,
    forcePrivateUploads: config.forcePrivateUploads,
    platformLimits: config.platformLimits,
    environment: settings.environment,
    replaceSetting: (setting) => settings.replace(setting),
    // A commit or a read is one small request: many more can run concurrently than preparations, which transfer media.
    slots: { prepare: slots, commit: 4 * slots, observe: 4 * slots },
    log,
    metrics: {
      ...metrics,
      platformDown: (platform, mode, isDown) => {
        metrics.platformDown(platform, mode, isDown);
        if (mode === "live") platformsDown[isDown ? "add" : "delete"](platform);
      },
      resultStuck: (id, isStuck) => void stuckResults[isStuck ? "add" : "delete"](id),
    },
    trace: tracing?.trace,
    faultPoint,
  });
  await jobs.work(
    {
      [INGEST_QUEUE]: (data, signal) => ingest.run(data, signal),
      [DROP_BYTES_QUEUE]: (data) => dropBytes({ storage }, data),
      [SWEEP_QUEUE]: async () => log.info(await sweepMedia({ pool, storage }), "Unused media was deleted"),
      [MAIL_QUEUE]: (data) => deliverMail({ vault: instance.oauth.vault, log, mail: config.mail }, data),
      [REVOKE_QUEUE]: (data) => revokeGrant(oauth, data),
      [RENEW_QUEUE]: (_data, signal) => renewDueTokens(oauth, signal),
      [PROFILES_QUEUE]: (_data, signal) => readDueProfiles(oauth, signal),
      [WARN_QUEUE]: (_data, signal) => sendExpiryWarnings(oauth, signal),
      [NOTICES_QUEUE]: (_data, signal) =>
        sendNotices({ pool, log, jobs, vault: oauth.vault, appUrl: config.appUrl, brand: config.brand }, signal),
      [AUTHORIZATIONS_SWEEP_QUEUE]: (_data, signal) => sweepAuthorizations(pool, signal),
      [IDEMPOTENCY_SWEEP_QUEUE]: (_data, signal) => sweepIdempotencyKeys(pool, signal),
      [BLOCKS_QUEUE]: (_data, signal) => blockPosts({ pool, log }, signal),
      [JOURNAL_SWEEP_QUEUE]: async (_data, signal) => {
        await sweepJournal(pool, config.journalDays, signal);
        await sweepAuditLog(pool, config.auditDays, signal);
      },
      [SIGN_IN_SWEEP_QUEUE]: (_data, signal) => sweepSignIn(pool, signal),
      [BILLING_LEAVE_QUEUE]: (data) => leaveBilling(billing, data),
      [BILLING_EMAIL_QUEUE]: (data) => changeCustomerEmail({ pool, billing }, data),
      [BILLING_CARE_QUEUE]: async (_data, signal) => {
        if (billing !== null)
          await careForSubscriptions({ pool, jobs, vault: oauth.vault, log, billing, settings: config }, signal);
      },
      [OUTBOX_SWEEP_QUEUE]: async (_data, signal) => {
        await sweepOutbox(pool, signal);
        await sweepRequestLog(pool, config.requestLogDays, signal);
        await sweepEmails(config.mail.folder);
      },
      [USAGE_QUEUE]: (data) =>
        sendUsageEmail({ pool, jobs, vault: oauth.vault, planOf, appUrl: config.appUrl, brand: config.brand }, data),
      [ALERT_QUEUE]: (data, signal) => deliverAlert(config.alerts, data, signal),
      [BACKUP_QUEUE]: (_data, signal) =>
        takeDueBackup(
          {
            pool: backupPool,
            storage: config.storage.kind === "disk" ? storage : null,
            isEmbedded: config.databaseUrl === null,
            version: VERSION,
            log,
            signal,
          },
          config.backups,
        ),
      [WEBHOOK_QUEUE]: (data, signal) =>
        deliver(
          {
            pool,
            vault: instance.oauth.vault,
            allowPrivateUrls: config.allowPrivateUrls,
            trace: tracing?.trace,
          },
          data,
          signal,
        ),
    },
    (owner) => webhookGroups({ pool }, owner),
    {
      [INGEST_QUEUE]: (data) => ingest.setAside(data),
      [WEBHOOK_QUEUE]: (data) => setDeliveryAside({ pool }, data),
    },
  );
  const endRelaying = keepEventsRelayed({
    pool,
    log,
    jobs,
    vault: instance.oauth.vault,
    oauth,
    settings: { appUrl: config.appUrl, mediaUrl: config.mediaUrl, mediaSecrets: () => secrets.mediaSecrets() },
  });
  const endAlerting = keepAlerted(
    { pool, jobs, vault: oauth.vault, alerts: config.alerts, appUrl: config.appUrl },
    () => findConditions({ pool, environment: settings.environment, platformsDown, stuckResults }),
    log,
  );
  const endAnalyzing = keepAnalyzed({ pool, log });
  engine.start();
  let running = true;
  return {
    isRunning: () => running,
    look: async () =>
      void (await Promise.all([pool, claimPool, resultPool, leasePool].map((each) => each.query("select 1")))),
    stop: async () => {
      running = false;
      endAnalyzing();
      await Promise.all([
        engine.stop(Math.max(1, config.stopSeconds - AFTER_PUBLISHING_SECONDS)),
        endRelaying(),
        endAlerting(),
      ]);
      settings.close();
      ingest.stop();
      await continuity.close();
    },
  };
}
