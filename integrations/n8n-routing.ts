import { createRequire } from "node:module";

/** One run of a declarative node: n8n's requests, and the node's output or error. */
export interface NodeRun {
  items: { json: unknown }[];
  calls: { method: string; path: string; headers: Record<string, string>; body: unknown; status: number }[];
  error: { message: string; description: string } | null;
}

export interface RunOptions {
  /** The node as exported by its package. */
  node: { description: { name: string; properties: readonly unknown[] } };
  /** The credentials' way of signing a request, as exported by their package. */
  authenticate: { properties: { headers: Record<string, string> } };
  credentials: Record<string, string>;
  /** The values entered by the user. */
  parameters: Record<string, unknown>;
  /** The item's files, by field. */
  binary?: Record<string, { fileName: string; mimeType: string; bytes: Buffer }>;
}

// The last release with n8n's declarative node reader as a separate module; later ones read nodes the same way.
const { ExpressionEvaluatorProxy, RoutingNode, Workflow } = createRequire(import.meta.url)("n8n-routing");
ExpressionEvaluatorProxy.setEvaluator("tournament"); // as n8n does when it starts

/**
 * Runs a node through n8n's own routing for one item. Only what n8n's core provides is implemented here: reading
 * parameters, and HTTP.
 */
export async function runNode({
  node: nodeType,
  authenticate,
  credentials,
  parameters,
  binary = {},
}: RunOptions): Promise<NodeRun> {
  const calls: NodeRun["calls"] = [];
  const node = {
    id: "1",
    name: "Ampost",
    type: nodeType.description.name,
    typeVersion: 1,
    position: [0, 0],
    parameters: structuredClone(parameters),
  };
  const items = [{ json: {} }];
  const workflow = new Workflow({
    id: "1",
    nodes: [node],
    connections: {},
    active: false,
    nodeTypes: { getByNameAndVersion: () => nodeType },
    settings: { timezone: "Asia/Kolkata" },
  });
  const evaluate = (value: unknown, keys: object) =>
    workflow.expression.getParameterValue(value, null, 0, 0, node.name, items, "manual", keys, undefined);

  const context = {
    getNode: () => node,
    getExecuteData: () => undefined,
    getCredentials: async () => credentials,
    continueOnFail: () => false,
    getNodeParameter: (name: string, ...rest: unknown[]) =>
      evaluate(at(node.parameters, name) ?? rest.at(typeof rest[0] === "number" ? 1 : 0), {}),
    helpers: {
      assertBinaryData: (field: string) => {
        const file = binary[field];
        if (file === undefined) throw new Error(`The item has no file "${field}"`);
        return file;
      },
      getBinaryDataBuffer: async (field: string) => binary[field]?.bytes,
      httpRequestWithAuthentication: async (_: string, request: HttpRequest) => {
        const headers = {
          ...request.headers,
          ...evaluate(authenticate.properties.headers, { $credentials: credentials }),
        };
        const { call, answer } = await send({ ...request, headers });
        calls.push(call);
        if (call.status >= 400 && request.ignoreHttpStatusErrors !== true)
          throw new Error(`Request failed with status code ${call.status}`);
        return answer;
      },
    },
  };
  const functions = { getExecuteFunctions: () => context, getExecuteSingleFunctions: () => context };
  const running: Promise<NodeRun["items"][]> = new RoutingNode(workflow, node, items, null, {}, "manual").runNode(
    { main: [items] },
    0,
    nodeType,
    undefined,
    functions,
  );
  return await running.then(
    ([given = []]) => ({ items: given, calls, error: null }),
    (error) => ({ items: [], calls, error }),
  );
}

interface HttpRequest {
  baseURL: string;
  url: string;
  method?: string;
  qs: Record<string, unknown>;
  headers: Record<string, string>;
  body?: unknown;
  ignoreHttpStatusErrors?: boolean;
}

/** As n8n sends it: undefined values are not sent, nor is an empty body of a GET. */
async function send({ baseURL, url, method = "GET", qs, headers, body }: HttpRequest) {
  const query = new URLSearchParams(
    Object.entries(qs).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
  const path = `${url}${query.size === 0 ? "" : `?${query}`}`;
  const isForm = Buffer.isBuffer(body);
  const isEmpty = typeof body !== "object" || body === null || Object.keys(body).length === 0;
  const sent = isForm ? new Uint8Array(body) : isEmpty ? null : JSON.stringify(body);
  const response = await fetch(`${baseURL}${path}`, {
    method,
    headers: { ...(sent === null || isForm ? {} : { "content-type": "application/json" }), ...headers },
    body: sent,
  });
  const answer = {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.json(),
  };
  return {
    answer,
    call: { method, path, headers, body: typeof sent === "string" ? JSON.parse(sent) : sent, status: response.status },
  };
}

/** "media.entries[0].url" */
function at(parameters: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== "")
    .reduce(
      (value: unknown, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined),
      parameters,
    );
}
