/** Deletes a former user's customer at Stripe, which ends their subscriptions. */
export const BILLING_LEAVE_QUEUE = "billing.leave";

/** Gives a user's new email address to their customer at Stripe. */
export const BILLING_EMAIL_QUEUE = "billing.email";

/** Retried for about two days: nobody is charged for longer than Stripe is away. */
export const BILLING_RETRIES = {
  retryLimit: 25,
  retryDelay: 30,
  retryBackoff: true,
  retryDelayMax: 2 * 3600,
  expireInSeconds: 120,
};

/** Sends the emails that time makes due, and reads subscriptions again whose events did not come. */
export const BILLING_CARE_QUEUE = "billing.care";
