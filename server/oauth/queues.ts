/** The chores of connecting on the job queue. Their handlers are `revokeGrant` and `sweepAttempts`. */
export const REVOKE_QUEUE = "oauth.revoke";
export const ATTEMPTS_SWEEP_QUEUE = "oauth.sweep-attempts";

/** A platform that is away when somebody disconnects is asked again for about three days. */
export const REVOKE_RETRIES = { retryLimit: 20, retryDelay: 30, retryBackoff: true, retryDelayMax: 6 * 3600, retentionSeconds: 7 * 24 * 3600 } as const;
