import { jsonAnswer, type Call, type Outcome, type PlatformAnswer } from "../platform.ts";
import { refusingWith } from "../refusing.ts";

/** How Meta's Graph API responds. Source: Graph API docs, error handling, rate limiting, versions; 2026. */
export interface GraphError {
  message: string;
  code: number;
  subcode?: number;
  status?: number;
  type?: "OAuthException" | "FacebookApiException" | "GraphMethodException";
  /** Written into the body only if given: Graph sometimes leaves it out. */
  transient?: boolean;
  title?: string;
  userMessage?: string;
  /** For an upload at a wrong offset. */
  data?: Record<string, unknown>;
  /** Until requests are allowed again, if the limit is exceeded. */
  regainMinutes?: number;
}

/** Thrown by a route to return a Graph error. */
export class Refusal extends Error {
  readonly graph: GraphError;

  constructor(graph: GraphError) {
    super(graph.message);
    this.graph = graph;
  }
}

/** Differences between the platforms that share the Graph API. */
export interface GraphUse {
  /** The type of calls in the usage headers: `instagram`, `pages`. */
  usageType: string;
  /** The account that a call is for; empty if unknown. */
  accountOf(call: Call): string;
}

export interface Graph {
  answer(call: Call, value: unknown): PlatformAnswer;
  error(call: Call, error: GraphError): PlatformAnswer;
  headers(call: Call): Record<string, string>;
  /** Turns an error thrown in a route, before or after waiting, into the platform's response. */
  refusing(run: (call: Call) => Outcome): (call: Call) => Outcome;
}

export const invalid = (message: string, subcode?: number): Refusal =>
  new Refusal({ message: `(#100) ${message}`, code: 100, ...(subcode !== undefined && { subcode }) });

export const missing = (name: string): Refusal => invalid(`Missing parameter: ${name}`);

export const noObject = (id: string): Refusal =>
  new Refusal({
    message:
      "Unsupported get request. " +
      `Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
      "or does not support this operation",
    code: 100,
    subcode: 33,
    type: "GraphMethodException",
  });

export function openGraph(use: GraphUse): Graph {
  function headers(call: Call, regainMinutes = 0): Record<string, string> {
    const calls = call.behaviour?.name === "usage-{n}" ? (call.behaviour.number ?? 0) : 1;
    const used =
      regainMinutes > 0
        ? { call_count: 100, total_cputime: 41, total_time: 37 }
        : { call_count: calls, total_cputime: 1, total_time: 1 };
    const account = use.accountOf(call);
    return {
      "cache-control": "private, no-cache, no-store, must-revalidate",
      "facebook-api-version": servedVersion(call),
      "x-fb-request-id": `sandbox-${call.number}`,
      "x-fb-trace-id": `SBX${call.number}`,
      "x-app-usage": JSON.stringify(used),
      ...(account !== "" && {
        "x-business-use-case-usage": JSON.stringify({
          [account]: [{ type: use.usageType, ...used, estimated_time_to_regain_access: regainMinutes }],
        }),
      }),
    };
  }

  function error(call: Call, graph: GraphError): PlatformAnswer {
    const { message, code, subcode, type = "OAuthException", transient, title, userMessage, data } = graph;
    const body = {
      message,
      type,
      code,
      ...(subcode !== undefined && { error_subcode: subcode }),
      ...(transient !== undefined && { is_transient: transient }),
      ...(title !== undefined && { error_user_title: title }),
      ...(userMessage !== undefined && { error_user_msg: userMessage }),
      ...(data !== undefined && { error_data: data }),
      fbtrace_id: `SBX${call.number}`,
    };
    const challenge: Record<string, string> =
      code === 190
        ? { "www-authenticate": `OAuth "Facebook Platform" "invalid_token" "${message.replace(/"/g, "'")}"` }
        : {};
    return jsonAnswer(
      { error: body },
      { status: graph.status ?? 400, headers: { ...headers(call, graph.regainMinutes), ...challenge } },
    );
  }

  const refusing = refusingWith((thrown, call) => (thrown instanceof Refusal ? error(call, thrown.graph) : undefined));
  return {
    answer: (call, value) => jsonAnswer(value, { headers: headers(call) }),
    headers: (call) => headers(call),
    error,
    refusing: (run) =>
      refusing((call) => {
        if (call.params["date_format"] !== undefined && servedVersion(call) === "v26.0")
          throw invalid("date_format is no longer supported.");
        return run(call);
      }),
  };
}

/** The version of an app that names none. */
const PRESET = 25;
const NEWEST = 26;
/** When the older versions end. Source: Graph API changelog, 2026-10-01; v22.0: two years after v23.0 came out. */
const ENDS = { 21: "2027-01-21", 22: "2027-05-29", 23: "2027-10-08", 24: "2028-02-18", 25: "2028-07-29" };

/** An expired or unknown version is not rejected but served as the oldest usable one. */
function servedVersion(call: Call): string {
  const alive = Object.entries(ENDS).filter(([, end]) => call.now < Date.parse(end));
  const oldest = Math.min(NEWEST, ...alive.map(([version]) => Number(version)));
  const asked = /^https:\/\/[^/]+\/v(\d+)\.(\d+)\//.exec(call.url);
  const major = asked ? Number(asked[1]) : PRESET;
  const usable = (asked?.[2] ?? "0") === "0" && major >= oldest && major <= NEWEST;
  return `v${usable ? major : oldest}.0`;
}

/** `2026-11-01T12:00:05+0000` */
export function graphTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}+0000`;
}

/** A parameter that must be JSON matching a schema. */
export function parseJson(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw invalid(`Param ${name} must be valid JSON.`);
  }
}

export function isTrue(params: Call["params"], name: string): boolean {
  return params[name] === "true" || params[name] === "1";
}

export function isFalse(params: Call["params"], name: string): boolean {
  return params[name] === "false" || params[name] === "0";
}
