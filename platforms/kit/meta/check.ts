import { z } from "zod";

import type { AccountReport, CheckedAccount, Note, OAuthApp } from "../../platform.ts";
import type { HttpAnswer, HttpClient } from "../http.ts";
import { callGraph, getGraph, readGraphAnswer, type Graph, type GraphCaller } from "./graph.ts";
import { chosenVersion, VERSION_SETTING } from "./versions.ts";

/**
 * Reads the app's own token, which Meta returns only for the right ID and secret. Source: Facebook Login docs, access
 * tokens, 2026-09-11; Threads docs, app access tokens, 2026.
 */
export async function readAppToken(graph: Graph, http: HttpClient, app: OAuthApp, url: string): Promise<HttpAnswer> {
  const query = { client_id: app.clientId, client_secret: app.clientSecret, grant_type: "client_credentials" };
  const answer = await http.send({ method: "GET", url, query });
  readGraphAnswer(graph, appToken, answer);
  return answer;
}

/** A retired version is not refused: Meta answers with the oldest one that still works. */
export function noteVersion(environment: Readonly<Record<string, string>>, answer: HttpAnswer): Note[] {
  const asked = chosenVersion(environment);
  const served = answer.headers["facebook-api-version"];
  if (served === undefined || served === asked) return [];
  return [
    {
      message: `Meta has retired Graph API ${asked} and answers with ${served}.`,
      cure: `Set ${VERSION_SETTING} to ${served}, or update Ampost.`,
    },
  ];
}

/**
 * What Meta knows about a token of Facebook Login: the scopes that are granted now, and when data access ends. Source:
 * Facebook docs, debug_token, and facebook-login/auth-vs-data, 2026.
 */
export async function inspectToken(
  graph: Graph,
  { http, app, accessToken, now }: Pick<CheckedAccount, "http" | "app" | "accessToken" | "now">,
): Promise<AccountReport> {
  const query = { input_token: accessToken, access_token: `${app.clientId}|${app.clientSecret}` };
  const url = `${graph.baseUrl}/debug_token`;
  const { data } = await callGraph(graph, http, inspected, { method: "GET", url, query });
  const cure = "Reconnect the account.";
  if (data.is_valid === false) return { notes: [{ message: "Meta says that its token is no longer valid.", cure }] };
  const end = data.data_access_expires_at ?? 0;
  if (end === 0) return { notes: [], scopes: data.scopes };
  const message = `Access to its data ends on ${new Date(end * 1000).toISOString().slice(0, 10)}.`;
  const isSoon = end * 1000 - now.getTime() < SOON_DAYS * 86_400_000;
  return { notes: [isSoon ? { message, cure } : { message }], scopes: data.scopes };
}

/** How much of the account's daily quota is used. `path` is that of the limit. */
export async function notePublishingLimit(graph: Graph, caller: GraphCaller, path: string): Promise<Note[]> {
  const { data } = await getGraph(graph, caller, publishingLimit, path, { fields: "quota_usage,config" });
  const { quota_usage: used, config } = data[0] ?? {};
  const total = config?.quota_total;
  if (typeof used !== "number" || typeof total !== "number") return [];
  const message = `${Math.max(0, total - used)} of ${total} posts are left in these 24 hours.`;
  return [used < total ? { message } : { message, cure: "Wait until earlier posts are more than 24 hours old." }];
}

const SOON_DAYS = 14;

const appToken = z.object({ access_token: z.string().min(1) });

const inspected = z.object({
  data: z.object({
    is_valid: z.boolean().nullish(),
    scopes: z.array(z.string()),
    data_access_expires_at: z.number().nullish(),
  }),
});

const publishingLimit = z.object({
  data: z.array(
    z.object({ quota_usage: z.number().nullish(), config: z.object({ quota_total: z.number().nullish() }).nullish() }),
  ),
});
