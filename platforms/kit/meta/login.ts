import { z } from "zod";

import { BrokerError, type Grant, type Grantor, type OAuth, type OAuthApp, type UserToken } from "../../platform.ts";
import type { HttpClient, RequestParameters } from "../http.ts";
import { callGraph, getGraph, metaId as id, prepareRequest, type Graph } from "./graph.ts";
import { readSignedRequest } from "./signed-request.ts";
import { success } from "./upload.ts";
import { GRAPH_VERSION } from "./versions.ts";

/**
 * Facebook Login, for Pages and the professional Instagram accounts linked to them. Source: Facebook Login docs, manual
 * flow and long-lived tokens, 2026-09-11.
 */

/** Asks again for permissions that were once declined; without the parameter, they would be skipped forever. */
const FACEBOOK_DIALOG = `https://www.facebook.com/${GRAPH_VERSION}/dialog/oauth?auth_type=rerequest`;

/** What every sign-in through a Facebook app has in common. */
export function facebookSignIn(graph: Graph): Omit<OAuth, "scopes" | "profile"> {
  return {
    environmentPrefix: "FACEBOOK",
    portalUrl: "https://developers.facebook.com/apps",
    authorizeUrl: FACEBOOK_DIALOG,
    scopeSeparator: ",",
    pkce: false,
    exchange: (http, app, { code }) => exchangeFacebookCode(graph, http, app, code),
    revoke: (http, app, grant) => revokeFacebookGrant(graph, http, app, grant),
    grantor: (http, app, grant) => readGrantor(graph, http, app, grant),
    prepare: prepareRequest,
    readSignedRequest,
  };
}

/** A Page that a user can publish to, with its token. */
export interface ManagedPage {
  id: string;
  name: string | null;
  username: string | null;
  link: string | null;
  category: string | null;
  accessToken: string;
  tasks: string[] | null;
  pictureUrl: string | null;
  instagram: { id: string; username: string | null; name: string | null; pictureUrl: string | null } | null;
}

/** Code to short-lived user token (1 to 2 hours) to long-lived user token (60 days), with the granted scopes. */
async function exchangeFacebookCode(graph: Graph, http: HttpClient, app: OAuthApp, code: string): Promise<Grant> {
  const url = `${graph.baseUrl}/oauth/access_token`;
  const credentials = { client_id: app.clientId, client_secret: app.clientSecret };
  const short = await callGraph(graph, http, token, {
    method: "GET",
    url,
    query: { ...credentials, redirect_uri: app.redirectUri, code: code.replace(/#_=?_?$/, "") },
  });
  const long = await callGraph(graph, http, token, {
    method: "GET",
    url,
    query: { ...credentials, grant_type: "fb_exchange_token", fb_exchange_token: short.access_token },
  });
  const { data } = await getGraph(graph, { http, accessToken: long.access_token }, permissions, "me/permissions");
  const scopes = data.filter(({ status }) => status === "granted").map(({ permission }) => permission);
  return {
    accessToken: long.access_token,
    refreshToken: null,
    expiresInSeconds: long.expires_in ?? null,
    refreshExpiresInSeconds: null,
    scopes,
  };
}

/**
 * The Pages that the user of this token can publish to, including those of a business. A Page token obtained with a
 * long-lived user token does not expire.
 */
export async function readManagedPages(graph: Graph, http: HttpClient, accessToken: string): Promise<ManagedPage[]> {
  const own = await readAll(graph, http, accessToken, "me/accounts", PAGE_FIELDS, page);
  const held = await readBusinessPages(graph, http, accessToken);
  const pages = [...own, ...held].flatMap(toManagedPage);
  return [...new Map(pages.map((managed) => [managed.id, managed])).values()].filter(mayPublish);
}

/** One Page by its own token, which returns no token again. */
export async function readPage(
  graph: Graph,
  http: HttpClient,
  accessToken: string,
  pageId: string,
): Promise<Omit<ManagedPage, "accessToken">> {
  const listed = await getGraph(graph, { http, accessToken }, page, pageId, { fields: OWN_FIELDS });
  return toPage(listed);
}

/**
 * Revokes everything the user granted to the app, on all Pages and accounts: Meta has no narrower request. Needs no
 * user token: the app looks up the token's user, and revokes on its own behalf.
 */
async function revokeFacebookGrant(graph: Graph, http: HttpClient, app: OAuthApp, grant: Grant): Promise<void> {
  const { id: grantor } = await readGrantor(graph, http, app, grant);
  // An invalid token has nothing left to revoke.
  if (grantor === null) return;
  await callGraph(graph, http, success, {
    method: "DELETE",
    url: `${graph.baseUrl}/${grantor}/permissions`,
    query: { access_token: appToken(app) },
  });
}

/**
 * The token's user, and when the app's access to their data ends: 90 days after they last used the app, although a Page's
 * token does not expire. Source: Facebook Login docs, auth vs. data, 2026.
 */
async function readGrantor(graph: Graph, http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grantor> {
  const query = { input_token: grant.accessToken, access_token: appToken(app) };
  const { data } = await callGraph(graph, http, tokenFacts, {
    method: "GET",
    url: `${graph.baseUrl}/debug_token`,
    query,
  });
  const { user_id: id, data_access_expires_at: seconds } = data;
  return {
    id: data.is_valid === false ? null : id,
    // 0 stands for never.
    dataAccessEndsAt: typeof seconds === "number" && seconds > 0 ? new Date(seconds * 1000) : null,
  };
}

/**
 * The person's token with a new expiry, if Meta gives one for a token that is still valid, which it does not promise; the
 * same one otherwise.
 */
export async function extendUserToken(
  graph: Graph,
  http: HttpClient,
  { clientId, clientSecret }: OAuthApp,
  userToken: UserToken,
): Promise<UserToken> {
  try {
    const { access_token: accessToken, expires_in: expiresIn } = await callGraph(graph, http, token, {
      method: "GET",
      url: `${graph.baseUrl}/oauth/access_token`,
      query: {
        client_id: clientId,
        client_secret: clientSecret,
        grant_type: "fb_exchange_token",
        fb_exchange_token: userToken.accessToken,
      },
    });
    return { accessToken, expiresInSeconds: expiresIn ?? userToken.expiresInSeconds };
  } catch (error) {
    if (error instanceof BrokerError) return userToken;
    throw error;
  }
}

function appToken({ clientId, clientSecret }: OAuthApp): string {
  return `${clientId}|${clientSecret}`;
}

const OWN_FIELDS =
  "id,name,username,link,category,picture{url},instagram_business_account{id,username,name,profile_picture_url}";
const PAGE_FIELDS = `${OWN_FIELDS},access_token,tasks`;

/** 2,000 Pages; a list with more does not end. */
const MAX_LISTS = 20;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

const token = z.object({ access_token: z.string().min(1), expires_in: z.number().nullish() });

const permissions = z.object({ data: z.array(z.object({ permission: z.string(), status: z.string() })) });

const page = z.object({
  id,
  name: text,
  username: text,
  link: text,
  category: text,
  access_token: text,
  tasks: z.array(z.string()).nullish(),
  picture: z.object({ data: z.object({ url: text }) }).nullish(),
  instagram_business_account: z.object({ id, username: text, name: text, profile_picture_url: text }).nullish(),
});

const paging = z
  .object({ cursors: z.object({ after: z.string().nullish() }).nullish(), next: z.string().nullish() })
  .nullish();

const business = z.object({ id });

const tokenFacts = z.object({
  data: z.object({
    user_id: id.nullish().transform((value) => value ?? null),
    is_valid: z.boolean().nullish(),
    data_access_expires_at: z.number().nullish(),
  }),
});

/** Every entry of a paged list. The next page's URL contains the token, so only its cursor is used. */
async function readAll<T>(
  graph: Graph,
  http: HttpClient,
  accessToken: string,
  path: string,
  fields: string,
  entry: z.ZodType<T>,
): Promise<T[]> {
  const list = z.object({ data: z.array(entry), paging });
  const entries: T[] = [];
  let after: string | undefined;
  for (let lists = 0; lists < MAX_LISTS; lists += 1) {
    const parameters: RequestParameters = { fields, limit: "100", after };
    const piece: z.infer<typeof list> = await getGraph(graph, { http, accessToken }, list, path, parameters);
    entries.push(...piece.data);
    const cursor = piece.paging?.cursors?.after;
    if (typeof piece.paging?.next !== "string" || typeof cursor !== "string") break;
    after = cursor;
  }
  return entries;
}

/** Requires `business_management`; without it, there are none. */
async function readBusinessPages(graph: Graph, http: HttpClient, accessToken: string): Promise<z.infer<typeof page>[]> {
  try {
    const businesses = await readAll(graph, http, accessToken, "me/businesses", "id", business);
    const lists = businesses.flatMap(({ id: held }) => [`${held}/owned_pages`, `${held}/client_pages`]);
    const pages: z.infer<typeof page>[] = [];
    for (const path of lists) pages.push(...(await readAll(graph, http, accessToken, path, PAGE_FIELDS, page)));
    return pages;
  } catch (error) {
    if (error instanceof BrokerError) return [];
    throw error;
  }
}

/** One that comes without a token cannot be published as. */
function toManagedPage(listed: z.infer<typeof page>): ManagedPage[] {
  const { access_token: accessToken } = listed;
  return accessToken === null ? [] : [{ ...toPage(listed), accessToken }];
}

function toPage(listed: z.infer<typeof page>): Omit<ManagedPage, "accessToken"> {
  const { access_token: _accessToken, picture, instagram_business_account: linked, tasks, ...facts } = listed;
  const instagram =
    linked === null || linked === undefined
      ? null
      : { id: linked.id, username: linked.username, name: linked.name, pictureUrl: linked.profile_picture_url };
  return { ...facts, tasks: tasks ?? null, pictureUrl: picture?.data.url ?? null, instagram };
}

/**
 * The same tasks have a prefix on Pages of the New Pages Experience. Source: Meta's SDK specs, enum of Page tasks; several
 * clients in production take both.
 */
function mayPublish({ tasks }: ManagedPage): boolean {
  return tasks === null || tasks.some((task) => PUBLISHING_TASKS.has(task.replace("PROFILE_PLUS_", "")));
}

const PUBLISHING_TASKS: ReadonlySet<string> = new Set(["CREATE_CONTENT", "MANAGE", "FULL_CONTROL"]);
