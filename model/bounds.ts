/** What grows with what people and strangers do, and how far: the same in every instance, whatever its operator sets. */
export const BOUNDS = {
  /** Sessions of a person; a new one ends the oldest. */
  sessions: 100,
  /** Keys and grants of a person, in both modes, that work. */
  activeKeys: 200,
  /** Connect links of a person, in one mode, that can still be used. */
  pendingConnectLinks: 1_000,
  /** Uploads in parts of a person that go on. */
  uploadsUnderWay: 100,
  /** Deliveries of a webhook that wait; more drop the oldest. */
  pendingDeliveries: 1_000,
  /** Calls of a person, or from an address, that wait in a process for their turn; and of all. */
  waitingCalls: 250,
  waitingCallsOfAll: 2_500,
  /** Failed sign-ins of an account that are written down in an hour; as many of those of no account, together. */
  notedFailures: 100,
  /** After so many days an account whose address nobody has confirmed is forgotten. */
  unconfirmedDays: 7,
} as const;
