import type { FastifyInstance } from "fastify";

import { platforms } from "../../platforms/index.ts";
import { addressesOf } from "../../platforms/kit/guarded-fetch.ts";
import { createBilling } from "../billing/billing.ts";
import { createKeyHolders } from "../domain/api-keys/key-holders.ts";
import { createKnownSets } from "../domain/posts/known-sets.ts";
import type { Services } from "../domain/services.ts";
import { openAuth, sessionsOf } from "../domain/users/open-auth.ts";
import { createLimitsOf } from "../domain/users/rates.ts";
import { createHttpApp } from "../http/app.ts";
import type { Probes } from "../http/routes/probes.ts";
import { addMcp } from "../mcp/mcp-routes.ts";
import { listen } from "./listen.ts";
import type { Runtime } from "./runtime.ts";

/** The API and all pages, listening. */
export async function serveApi(
  runtime: Runtime,
  probes: Probes,
  draining: AbortSignal,
  isBusy: () => boolean,
): Promise<FastifyInstance> {
  const { instance, listener, storage, jobs, planOf, metrics, tracing } = runtime;
  const { config, log, pool } = instance;
  const { vault } = instance.oauth;
  const auth = openAuth({ pool, log, vault, jobs, appUrl: config.appUrl, brand: config.brand });
  const services: Services = {
    pool,
    log,
    storage,
    listener,
    jobs,
    knownSets: createKnownSets(),
    keyHolders: createKeyHolders({ pool, listener }),
    sessions: sessionsOf(auth),
    auth,
    vault,
    oauth: instance.oauth,
    oauthOf: (platform) => platforms[platform].oauth,
    settings: {
      apiUrl: config.apiUrl,
      appUrl: config.appUrl,
      mediaUrl: config.mediaUrl,
      sandboxUrl: config.sandbox.url,
      sandboxPage: config.sandbox.page,
      allowPrivateUrls: config.allowPrivateUrls,
      scheduling: config.scheduling,
      forcePrivateUploads: config.forcePrivateUploads,
      platformLimits: config.platformLimits,
      platformPrices: config.platformPrices,
      hasMailServer: config.mail.smtpUrl !== null,
      signUp: config.signUp,
      maxUsers: config.maxUsers,
      privacyUrl: config.privacyUrl,
      termsUrl: config.termsUrl,
      brand: config.brand,
      maxPlatformSets: config.maxPlatformSets,
      mediaSecrets: () => instance.secrets.mediaSecrets(),
    },
    addressesOf,
    limitsOf: createLimitsOf(config, planOf),
    planOf,
    billing: config.billing && createBilling(config.billing),
  };
  const app = await createHttpApp(services, {
    probes,
    draining,
    metricsToken: config.metrics.token,
    trustProxy: config.trustProxy,
    addressLimits: config.addressLimits,
    requestLog: { days: config.requestLogDays },
    isBusy,
    observe: metrics.request,
    onRefusal: ({ name }, { code }) => metrics.refused(name, code),
    mcp: addMcp,
    watch: tracing?.watch,
  });
  await listen(app, { host: config.host, port: config.port, variable: "PORT" });
  return app;
}
