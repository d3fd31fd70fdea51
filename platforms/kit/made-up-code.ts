import { BrokerError, type OAuth, type OAuthApp } from "../platform.ts";
import type { HttpClient } from "./http.ts";

/**
 * Proves that a platform accepts an app, where there is no cheaper proof: it rejects a code that it never issued as a
 * code, and not the app. Throws its refusal of the app.
 */
export async function tryMadeUpCode(oauth: OAuth, http: HttpClient, app: OAuthApp): Promise<void> {
  const grant = await oauth
    .exchange(http, app, { code: "ampost-doctor", codeVerifier: "ampost-doctor".padEnd(43, "-") })
    .catch((error: unknown) => {
      if (error instanceof BrokerError && error.code === "AUTH_EXPIRED") return null;
      throw error;
    });
  if (grant !== null)
    throw new BrokerError("UNEXPECTED_RESPONSE", "The platform accepted a code that it never issued.");
}
