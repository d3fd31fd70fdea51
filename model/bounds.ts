/**
 * What grows with what people and strangers do, and how far: the same in every instance, whatever its operator sets.
 */
export const BOUNDS = {
  /** Sessions of a person; a new one ends the oldest. */
  sessions: 100,
  /** Passkeys of a person. */
  passkeys: 50,
  /** Keys and grants of a person, in both modes, that work. */
  activeKeys: 200,
  /** Keys and grants, and connect links, of a person that work no more: so many of each, the newest, */
  pastOnes: 500,
  /** and no older than that. */
  pastDays: 90,
  /** Connect links of a person, in one mode, that can still be used. */
  pendingConnectLinks: 1_000,
  /** Uploads in parts of a person that go on. */
  uploadsUnderWay: 100,
  /**
   * Idempotency keys of a post that are older than a month: the first, by which it was made, and so many of the newest.
   */
  keysOfPost: 1_000,
  /** Deliveries of a webhook that wait; more drop the oldest. */
  pendingDeliveries: 1_000,
  /** Deliveries in the log of a webhook, the newest, */
  keptDeliveries: 10_000,
  /** and no more bytes of them than that. */
  keptDeliveryBytes: 100_000_000,
  /** Changes of a person that are written down in 24 hours. */
  notedChanges: 10_000,
  /** Calls of a person, or from an address, that wait in a process for their turn; and of all. */
  waitingCalls: 250,
  waitingCallsOfAll: 2_500,
  /** Failed sign-ins of an account that are written down in an hour; as many of those of no account, together. */
  notedFailures: 100,
  /** After so many days an account whose address nobody has confirmed is forgotten. */
  unconfirmedDays: 7,
} as const;
