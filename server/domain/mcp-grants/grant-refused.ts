/** The error codes of RFC 6749, 7591 and 8707 that clients get. */
export type GrantError =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_target"
  | "unsupported_grant_type"
  | "unsupported_response_type"
  | "access_denied"
  | "invalid_redirect_uri"
  | "invalid_client_metadata";

/** An error for a client in the protocol's format: a code, and a sentence for its developer. */
export class GrantRefused extends Error {
  readonly error: GrantError;

  constructor(error: GrantError, description: string) {
    super(description);
    this.name = "GrantRefused";
    this.error = error;
  }
}
