/**
 * Limits on what people and strangers can accumulate: the same in every instance, not configurable by the operator.
 */
export const BOUNDS = {
  /** Sessions per person; a new one ends the oldest. */
  sessions: 100,
  /** Passkeys per person. */
  passkeys: 50,
  /** People in a workspace and invited to it. */
  members: 100,
  /** Active keys and grants per person, across both modes. */
  activeKeys: 200,
  /** Expired or revoked keys and grants, and connect links, per person: this many of each, the newest, are kept, */
  pastOnes: 500,
  /** and none older than this. */
  pastDays: 90,
  /** Usable connect links per person and mode. */
  pendingConnectLinks: 1_000,
  /** Bytes of a post's content as JSON: the longest texts that all platforms together take are 1.5 MB. */
  contentBytes: 2_000_000,
  /** Resumable uploads in progress per person. */
  uploadsUnderWay: 100,
  /**
   * Idempotency keys of a post that are older than a month: the first, which created it, and this many of the newest.
   */
  keysOfPost: 1_000,
  /** Pending deliveries per webhook; beyond this, the oldest are dropped. */
  pendingDeliveries: 1_000,
  /** Deliveries kept in a webhook's log, the newest, */
  keptDeliveries: 10_000,
  /** and at most this many bytes, shared equally by all webhooks of a user and mode; each has as many for pending ones. */
  keptDeliveryBytes: 100_000_000,
  /** Entries kept in the request log of a user and mode, the newest, */
  keptRequests: 50_000,
  /** and at most this many bytes. */
  keptRequestBytes: 100_000_000,
  /** Emails kept in the data folder without a mail server, the newest; */
  keptEmails: 1_000,
  /** none is older than this. */
  keptEmailDays: 30,
  /** Logged changes per person in 24 hours. */
  notedChanges: 10_000,
  /** Requests per person, or per IP address, that queue in a process; and in total. */
  waitingCalls: 250,
  waitingCallsOfAll: 2_500,
  /** Failed sign-ins logged per account and hour; the same number in total for unknown accounts. */
  notedFailures: 100,
  /** After this many days, an account with an unconfirmed email address is deleted. */
  unconfirmedDays: 7,
} as const;
