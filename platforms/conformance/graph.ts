import type { PublicCode } from "../../model/errors.ts";

/** Errors of every network on Meta's Graph API, by the sandbox's names, and the public code of each before a commit. */
export const GRAPH_CODES: Readonly<Record<string, PublicCode>> = {
  "190": "AUTH_EXPIRED",
  "190/460": "AUTH_EXPIRED",
  "190/463": "AUTH_EXPIRED",
  "190/467": "AUTH_EXPIRED",
  "102": "AUTH_EXPIRED",
  "190/458": "AUTH_REVOKED",
  "190/459": "AUTH_REVOKED",
  "190/464": "AUTH_REVOKED",
  "10": "AUTH_REVOKED",
  "200": "AUTH_REVOKED",
  "299": "AUTH_REVOKED",
  "4": "RATE_LIMITED",
  "17": "RATE_LIMITED",
  "32": "RATE_LIMITED",
  "341": "RATE_LIMITED",
  "613": "RATE_LIMITED",
  "368": "RATE_LIMITED",
  "100": "VALIDATION_FAILED",
  "3": "BROKER_ERROR",
  "1": "BROKER_ERROR",
  "2": "BROKER_ERROR",
  "503": "BROKER_ERROR",
  "unheard-of": "BROKER_ERROR",
};

/** Errors of the publishing request that leave its outcome open, on all of these networks. */
export const GRAPH_OPEN: readonly string[] = [
  "1",
  "2",
  "503",
  "unheard-of",
  "publish-500-not-live",
  "publish-500-but-live",
  "publish-drop-connection-but-live",
];
