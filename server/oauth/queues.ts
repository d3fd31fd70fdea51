/** The jobs of connecting on the job queue. Their handlers are `revokeGrant` and `sweepAuthorizations`. */
export const REVOKE_QUEUE = "oauth.revoke";
export const AUTHORIZATIONS_SWEEP_QUEUE = "oauth.sweep-attempts";

/** If a platform is down when someone disconnects, it is asked again for about three days. */
export const REVOKE_RETRIES = {
  retryLimit: 20,
  retryDelay: 30,
  retryBackoff: true,
  retryDelayMax: 6 * 3600,
  retentionSeconds: 7 * 24 * 3600,
} as const;

/** The jobs that renew and check grants; see `renew-due.ts` and `expiry-warnings.ts`. */
export const RENEW_QUEUE = "tokens.renew";
export const WARN_QUEUE = "tokens.warn";
export const PROFILES_QUEUE = "profiles.read";

/** After an unexpected error, the next run continues. */
export const CARE_ROUNDS = {
  retryLimit: 0,
  expireInSeconds: 900,
  heartbeatSeconds: 60,
  retentionSeconds: 900,
  atOnce: 1,
} as const;
