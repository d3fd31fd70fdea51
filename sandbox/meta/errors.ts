import { SCOPE_UNAPPROVED } from "../authorize.ts";
import { OPERATIONS, type FaultSwitch, type Operation } from "../platform.ts";
import type { Graph, GraphError } from "./graph.ts";

/** Every call except the consent page, which does not return Graph errors. */
export const CALLS: readonly Operation[] = OPERATIONS.filter((operation) => operation !== "authorize");

/** Graph errors shared by all of its platforms. Source: Graph API docs, error handling, 2026. */
export const COMMON_ERRORS: readonly (GraphError & { name: string })[] = [
  { name: "190", message: "Invalid OAuth 2.0 Access Token", code: 190 },
  {
    name: "190/460",
    message: "Error validating access token: The session has been invalidated because the user changed their password.",
    code: 190,
    subcode: 460,
  },
  { name: "190/463", message: "Error validating access token: Session has expired.", code: 190, subcode: 463 },
  {
    name: "190/467",
    message: "Error validating access token: The session is invalid because the user logged out.",
    code: 190,
    subcode: 467,
  },
  { name: "102", message: "Session key invalid or no longer valid", code: 102 },
  {
    name: "190/458",
    message: "Error validating access token: The user has not authorized application.",
    code: 190,
    subcode: 458,
  },
  {
    name: "190/459",
    message:
      "Error validating access token: You cannot access the app till you log in to www.facebook.com and follow " +
      "the instructions given.",
    code: 190,
    subcode: 459,
  },
  {
    name: "190/464",
    message:
      "Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.",
    code: 190,
    subcode: 464,
  },
  {
    name: "190/492",
    message: "Error validating access token: The user does not have an appropriate role on the Page.",
    code: 190,
    subcode: 492,
  },
  { name: "10", message: "(#10) Application does not have permission for this action", code: 10 },
  { name: "200", message: "(#200) Permissions error", code: 200 },
  { name: "299", message: "(#299) Permissions error", code: 299 },
  { name: "3", message: "(#3) Application does not have the capability to make this API call.", code: 3 },
  { name: "4", message: "(#4) Application request limit reached", code: 4, transient: true, regainMinutes: 12 },
  { name: "17", message: "(#17) User request limit reached", code: 17, transient: true, regainMinutes: 12 },
  { name: "32", message: "(#32) Page request limit reached", code: 32, regainMinutes: 12 },
  { name: "341", message: "(#341) Application limit reached", code: 341, regainMinutes: 12 },
  { name: "613", message: "(#613) Calls to this api have exceeded the rate limit.", code: 613, regainMinutes: 12 },
  { name: "368", message: "The action attempted has been deemed abusive or is otherwise disallowed", code: 368 },
  {
    name: "368/4854002",
    message: "Confirm your identity before you can publish as this Page.",
    code: 368,
    subcode: 4854002,
    transient: false,
    title: "Confirm your identity",
    userMessage: "Open the Facebook app, switch to the Page and follow the steps there.",
  },
  {
    name: "200/1404078",
    message: "(#200) Page Publishing Authorization is needed before you can publish as this Page.",
    code: 200,
    subcode: 1404078,
    transient: false,
  },
  {
    name: "100/33",
    message:
      "Unsupported request. Object with ID '0' does not exist, cannot be loaded due to missing permissions, " +
      "or does not support this operation",
    code: 100,
    subcode: 33,
    type: "GraphMethodException",
  },
  { name: "100", message: "(#100) Invalid parameter", code: 100 },
  { name: "2500", message: "Error parsing graph query", code: 2500 },
  { name: "1", message: "An unknown error occurred", code: 1, transient: false },
  {
    name: "2",
    message: "An unexpected error has occurred. Please retry your request later.",
    code: 2,
    transient: true,
    status: 500,
  },
  { name: "503", message: "Service temporarily unavailable", code: 2, transient: true, status: 503 },
  { name: "unheard-of", message: "An undocumented error", code: 987654 },
];

/** A switch that returns this error instead of performing the call. */
export function answering(
  graph: Graph,
  operations: readonly Operation[],
  { name, about, ...error }: GraphError & { name: string; about?: string },
  applies?: FaultSwitch["applies"],
): FaultSwitch {
  return {
    name,
    operations,
    about: about ?? `Returns ${name}: ${error.message}`,
    answer: (call) => graph.error(call, error),
    ...(applies && { applies }),
  };
}

export function errorNamed(errors: readonly (GraphError & { name: string })[], name: string): GraphError {
  const found = errors.find((error) => error.name === name);
  if (!found) throw new Error(`there is no error ${name}`);
  const { name: _name, ...graph } = found;
  return graph;
}

/** Kinds of faults, under the names used in Meta's documentation. */
export const COMMON_SWITCHES: readonly FaultSwitch[] = [
  {
    name: "publish-500-not-live",
    operations: ["publish"],
    about: "500, not published: `http_500`.",
    as: "http_500",
  },
  {
    name: "publish-500-but-live",
    operations: ["publish"],
    about: "Published, then a 500: `error_after`.",
    as: "error_after",
  },
  {
    name: "publish-drop-connection-but-live",
    operations: ["publish"],
    about: "Published, then the connection drops: `drop_after`.",
    as: "drop_after",
  },
  {
    name: "token-463",
    operations: CALLS,
    about: "The token has expired, starting with this request: `expire_token`.",
    as: "expire_token",
  },
  {
    name: "token-458",
    operations: CALLS,
    about: "The person has removed the app: `revoke_token`.",
    as: "revoke_token",
  },
  { name: "usage-{n}", operations: CALLS, about: "A normal response whose usage headers are N of 100." },
  SCOPE_UNAPPROVED,
];
