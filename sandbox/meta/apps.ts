import { createHmac } from "node:crypto";

import { z } from "zod";

import type { App, Token } from "../identity.ts";
import type { Call } from "../platform.ts";
import { Refusal, type GraphError } from "./graph.ts";

/** What a developer sets for an app in Meta's portal, as fields of `POST /_sandbox/apps`. */
export const APP_SETTINGS = z
  .strictObject({
    /** The scopes with advanced access. The others are granted only to people with a role on the app. */
    advancedScopes: z.array(z.string()).nullable(),
    /** "Require app secret": server calls need an `appsecret_proof`. */
    requireAppSecret: z.boolean().nullable(),
    /** The configurations of Facebook Login for Business: the scopes of each `config_id`. */
    configurations: z.record(z.string(), z.array(z.string())).nullable(),
    deauthorizeUrl: z.url({ protocol: /^https?$/ }).nullable(),
    dataDeletionUrl: z.url({ protocol: /^https?$/ }).nullable(),
  })
  .partial();

export type AppSettings = z.infer<typeof APP_SETTINGS>;

export function settingsOf(app: App): AppSettings {
  return APP_SETTINGS.parse(app.settings);
}

/** Source: Graph API docs, secure requests, 2026; the texts as clients report them. */
export const PROOF_ERRORS = {
  absent: {
    message: "API calls from the server require an appsecret_proof argument",
    code: 100,
    type: "GraphMethodException",
  },
  wrong: {
    message: "Invalid appsecret_proof provided in the API argument",
    code: 100,
    type: "GraphMethodException",
  },
} as const satisfies Record<string, GraphError>;

/** Verifies the call's `appsecret_proof`, if there is one, and demands it for apps that require it. */
export function checkProof(
  call: Call,
  { platform, token, clientId }: Pick<Token, "platform" | "token" | "clientId">,
): void {
  const app = call.world.identity.app(platform, clientId);
  if (!app) return;
  const proof = call.params["appsecret_proof"];
  if (proof === undefined) {
    // The upload host reads headers only, and token exchanges send the secret itself.
    const isExempt = call.host === "rupload.facebook.com" || call.params["client_secret"] !== undefined;
    if (settingsOf(app).requireAppSecret && !isExempt) throw new Refusal(PROOF_ERRORS.absent);
  } else if (proof !== createHmac("sha256", app.clientSecret).update(token).digest("hex")) {
    throw new Refusal(PROOF_ERRORS.wrong);
  }
}
