/** The ways in which the sandbox makes a call fail. */
export const FAULT_KINDS = [
  "reject",
  "rate_limit",
  "http_500",
  "timeout",
  "drop_before",
  "drop_after",
  "error_after",
  "cut_body",
  "broken_json",
  "slow",
  "process_forever",
  "expire_token",
  "revoke_token",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Faults that wait for the next calls of an account, at most. */
export const MOST_ACCOUNT_FAULTS = 10;
