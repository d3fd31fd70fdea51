import { createHmac } from "node:crypto";

import { z } from "zod";

import type { PlatformErrorDetail } from "../../../model/errors.ts";
import { BrokerError, type BrokerErrorOptions, type OAuthApp } from "../../platform.ts";
import { platformWords, toBrokerError, unreadable, type ErrorOutcome, type ErrorRow } from "../errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest, RequestParameters } from "../http.ts";
import { regainSeconds } from "./usage.ts";
import { chosenVersion, GRAPH_VERSION } from "./versions.ts";

/** What Meta's networks share: how to call the Graph API, and its errors. */
export interface Graph {
  /** "Threads", as sentences name it. */
  label: string;
  /** "https://graph.threads.net/v1.0" */
  baseUrl: string;
  errors: readonly GraphErrorRow[];
}

/** A row of a network's table of errors, by which of the Graph API's marks it is matched. */
export interface GraphErrorRow extends ErrorRow {
  /** Single codes and inclusive ranges; absent: any. */
  codes?: readonly (number | readonly [number, number])[];
  /** Absent: any. */
  subcodes?: readonly number[];
  /** Numbers that Meta sends as code here and as subcode there; absent: any. */
  either?: readonly number[];
  /** A name that Meta puts inside one of the error's texts. */
  name?: string;
  /** Only if nothing but the message distinguishes two rows. */
  sentence?: RegExp;
  /** The token exchange's own error format. */
  exchange?: true;
}

/** An error as the Graph API writes it. */
export interface GraphError {
  code: number | null;
  subcode: number | null;
  texts: string[];
  isTransient: boolean;
  traceId: string | null;
  exchange: boolean;
}

export function graphRequest(
  graph: Graph,
  accessToken: string,
  method: "GET" | "POST",
  path: string,
  parameters: RequestParameters,
): HttpRequest {
  const headers = { authorization: `Bearer ${accessToken}` };
  const url = `${graph.baseUrl}/${path}`;
  return method === "GET" ? { method, url, headers, query: parameters } : { method, url, headers, form: parameters };
}

/**
 * The one door for requests to Meta: those to Facebook and Instagram go to the version that the operator has chosen, and
 * those to a Graph API prove that they come from the app. Apps can require the proof, and then reject everything without
 * it with code 100. Source: Graph API docs, securing requests, 2026.
 */
export function prepareRequest(
  request: HttpRequest,
  { clientSecret }: Pick<OAuthApp, "clientSecret">,
  environment: Readonly<Record<string, string>>,
): HttpRequest {
  const host = URL.parse(request.url)?.hostname ?? "";
  if (!GRAPH_HOSTS.has(host) && host !== "www.facebook.com") return request;
  // Threads has a version of its own.
  const url = request.url.replace(`/${GRAPH_VERSION}/`, `/${chosenVersion(environment)}/`);
  const token = request.query?.access_token ?? /^Bearer (.+)$/.exec(request.headers?.authorization ?? "")?.[1];
  // A token is exchanged with the secret itself.
  return token === undefined || !GRAPH_HOSTS.has(host) || request.query?.client_secret !== undefined
    ? { ...request, url }
    : { ...request, url, query: { ...request.query, appsecret_proof: appSecretProof(token, clientSecret) } };
}

/** Hexadecimal. */
export function appSecretProof(accessToken: string, appSecret: string): string {
  return createHmac("sha256", appSecret).update(accessToken).digest("hex");
}

const GRAPH_HOSTS: ReadonlySet<string> = new Set([
  "graph.facebook.com",
  "graph-video.facebook.com",
  "graph.instagram.com",
  "graph.threads.net",
]);

/** Ids are strings of digits; a few come as bare numbers. */
export const metaId = z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(/^\d+$/));

/**
 * A created object: a container, a post, a photo or a comment. `uri` is the upload URL of a container that waits for
 * its file.
 */
export const created = z.object({ id: metaId, uri: z.string().nullish() });

/** The caller: a step, or a sign-in with its token. */
export interface GraphCaller {
  http: HttpClient;
  accessToken: string;
  userToken?: string;
}

/** Reads a node or an edge. */
export async function getGraph<T>(
  graph: Graph,
  caller: GraphCaller,
  schema: z.ZodType<T>,
  path: string,
  parameters: RequestParameters = {},
): Promise<T> {
  return readGraphAnswer(graph, schema, await sendRead(graph, caller, path, parameters));
}

/**
 * Sends a read with the person's token if there is one, and with the account's own if Meta rejects that token or does not
 * find the object with it. Page tokens cannot read every container; a person's token ends earlier. Source: Instagram
 * docs, content_publishing_limit, 2026-09-11; observed by open-source clients since May 2026.
 */
export async function sendRead(
  graph: Graph,
  { http, accessToken, userToken }: GraphCaller,
  path: string,
  parameters: RequestParameters,
): Promise<HttpAnswer> {
  if (userToken !== undefined) {
    const answer = await http.send(graphRequest(graph, userToken, "GET", path, parameters));
    const error = readGraphError(answer);
    const { brokerCode } = (error === null ? undefined : findErrorRow(graph, error)) ?? {};
    if (brokerCode !== "AUTH_EXPIRED" && brokerCode !== "AUTH_REVOKED") return answer;
  }
  return await http.send(graphRequest(graph, accessToken, "GET", path, parameters));
}

/** Creates or changes something that only the account can see so far. */
export function postGraph<T>(
  graph: Graph,
  { http, accessToken }: GraphCaller,
  schema: z.ZodType<T>,
  path: string,
  fields: RequestParameters,
  timeoutSeconds?: number,
): Promise<T> {
  const request = graphRequest(graph, accessToken, "POST", path, fields);
  return callGraph(graph, http, schema, { ...request, timeoutSeconds });
}

/**
 * Sends a request and reads its response. Throws a BrokerError if the platform rejects it, a TransportError if there
 * was no response.
 */
export async function callGraph<T>(
  graph: Graph,
  http: HttpClient,
  schema: z.ZodType<T>,
  request: HttpRequest,
): Promise<T> {
  return readGraphAnswer(graph, schema, await http.send(request));
}

/** The response, parsed by the schema. Throws a BrokerError for every unsuccessful response. */
export function readGraphAnswer<T>(graph: Graph, schema: z.ZodType<T>, answer: HttpAnswer): T {
  const body = answer.json();
  const isError = typeof body === "object" && body !== null && ("error" in body || "error_type" in body);
  if (answer.status < 200 || answer.status > 299 || isError) throw classifyGraphAnswer(graph, answer);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw unreadable(graph.label, answer, null, parsed.error);
}

/**
 * Decides by name, subcode, code, then HTTP status. A response outside the network's table never proves that nothing
 * was published.
 */
export function classifyGraphAnswer(graph: Graph, answer: HttpAnswer): BrokerError {
  const error = readGraphError(answer);
  const detail: PlatformErrorDetail = {
    status: answer.status,
    code: error === null ? null : joinCode(error),
    message: platformWords(error?.texts[0]),
    requestId: error?.traceId ?? null,
  };
  const row = error === null ? undefined : findErrorRow(graph, error);
  if (row !== undefined) return graphError(graph, row, detail, { regainSeconds: regainSeconds(answer) });
  if (answer.status === 429) {
    const retryAfterSeconds = regainSeconds(answer) ?? DEFAULT_REGAIN_SECONDS;
    return new BrokerError("RATE_LIMITED", `${graph.label} is rate limiting requests right now.`, {
      retryAfterSeconds,
      platformError: detail,
    });
  }
  if (answer.status >= 500 || error?.isTransient === true) {
    return new BrokerError("PLATFORM_UNAVAILABLE", `${graph.label} is having problems right now.`, {
      platformError: detail,
    });
  }
  return new BrokerError("UNEXPECTED_RESPONSE", `${graph.label} returned an unexpected response.`, {
    platformError: detail,
  });
}

/**
 * The error for a row and the platform's response. A limit ends when the response says, and no earlier than the row's.
 */
export function graphError(
  graph: Graph,
  row: ErrorOutcome,
  detail: PlatformErrorDetail,
  { regainSeconds: regain = null, ...overrides }: BrokerErrorOptions & { regainSeconds?: number | null } = {},
): BrokerError {
  const retryAfterSeconds = Math.max(regain ?? 0, row.retryAfterSeconds ?? 0) || DEFAULT_REGAIN_SECONDS;
  return toBrokerError(graph.label, row, detail, {
    ...(row.brokerCode === "RATE_LIMITED" ? { retryAfterSeconds } : {}),
    ...overrides,
  });
}

/** The row for a code as `platformError.code` has it: "190/463", "368". */
export function findRowByCode(graph: Graph, joined: string): GraphErrorRow | undefined {
  const [code, subcode] = joined.split("/").map(Number);
  return findErrorRow(graph, {
    code: code ?? null,
    subcode: subcode ?? null,
    texts: [],
    isTransient: false,
    traceId: null,
    exchange: false,
  });
}

export function findErrorRow(graph: Graph, error: GraphError): GraphErrorRow | undefined {
  return graph.errors.find(
    (row) =>
      (row.exchange ?? false) === error.exchange &&
      (row.codes === undefined || row.codes.some((code) => isWithin(error.code, code))) &&
      (row.subcodes === undefined || row.subcodes.some((subcode) => subcode === error.subcode)) &&
      (row.either === undefined || row.either.some((number) => number === error.code || number === error.subcode)) &&
      (row.name === undefined || error.texts.some((text) => text.includes(row.name ?? ""))) &&
      (row.sentence === undefined || error.texts.some((text) => row.sentence?.test(text))),
  );
}

/** Null if the response has no error in one of Meta's formats. */
export function readGraphError(answer: HttpAnswer): GraphError | null {
  const body = answer.json();
  const graph = graphForm.safeParse(body);
  if (graph.success) {
    const { message, code, error_subcode, error_user_title, error_user_msg, is_transient, fbtrace_id } =
      graph.data.error;
    return {
      code: code ?? null,
      subcode: error_subcode ?? null,
      texts: [message, error_user_title, error_user_msg].filter((text) => typeof text === "string"),
      isTransient: is_transient === true,
      traceId: fbtrace_id ?? null,
      exchange: false,
    };
  }
  const exchange = exchangeForm.safeParse(body);
  if (!exchange.success) return null;
  return {
    code: exchange.data.code ?? null,
    subcode: null,
    texts: [exchange.data.error_message ?? ""],
    isTransient: false,
    traceId: null,
    exchange: true,
  };
}

/** The platform's error code, if it is one of these. */
export function codeOf(error: unknown, isOne: (code: string) => boolean): string | null {
  const code = error instanceof BrokerError ? (error.platformError?.code ?? null) : null;
  return code !== null && isOne(code) ? code : null;
}

const DEFAULT_REGAIN_SECONDS = 3600;

const graphForm = z.object({
  error: z.object({
    message: z.string().nullish(),
    code: z.coerce.number().nullish(),
    error_subcode: z.coerce.number().nullish(),
    error_user_title: z.string().nullish(),
    error_user_msg: z.string().nullish(),
    is_transient: z.boolean().nullish(),
    fbtrace_id: z.string().nullish(),
  }),
});

const exchangeForm = z.object({
  error_type: z.string(),
  code: z.coerce.number().nullish(),
  error_message: z.string().nullish(),
});

function joinCode(error: GraphError): string | null {
  if (error.code === null) return null;
  return error.subcode === null ? String(error.code) : `${error.code}/${error.subcode}`;
}

function isWithin(code: number | null, expected: number | readonly [number, number]): boolean {
  if (code === null) return false;
  return typeof expected === "number" ? code === expected : code >= expected[0] && code <= expected[1];
}
