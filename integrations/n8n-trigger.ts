/** The parts of a trigger node that n8n calls. */
export interface TriggerNode {
  webhookMethods: { default: Record<"checkExists" | "create" | "delete", (this: object) => Promise<boolean>> };
  webhook(this: object): Promise<{ workflowData?: { json: unknown }[][]; noWebhookResponse?: boolean }>;
}

/** A trigger in a workflow, as n8n runs it. Only what n8n's core provides is implemented here. */
export interface OpenedTrigger {
  /** What n8n stores for the node between activations. */
  data: Record<string, unknown>;
  exists(): Promise<boolean>;
  activate(): Promise<boolean>;
  deactivate(): Promise<boolean>;
  /** Delivers a request to the node's address. Returns the response's status and the items that start the workflow. */
  deliver(headers: Record<string, string>, body: string): Promise<{ status: number; items: unknown[] }>;
}

export function openTrigger(
  node: TriggerNode,
  {
    authenticate,
    credentials,
    url,
    events,
  }: {
    authenticate: { properties: { headers: Record<string, string> } };
    credentials: Record<"apiKey" | "baseUrl", string>;
    url: string;
    events: readonly string[];
  },
): OpenedTrigger {
  const data: Record<string, unknown> = {};
  const authorization = (authenticate.properties.headers.Authorization ?? "")
    .replace(/^=/, "")
    .replace("{{ $credentials.apiKey }}", credentials.apiKey);
  const context = {
    getWorkflowStaticData: () => data,
    getNodeWebhookUrl: () => url,
    getNodeParameter: () => events,
    getWorkflow: () => ({ name: "Reports" }),
    getNode: () => ({ id: "1", name: "Ampost Trigger", type: "ampostTrigger", typeVersion: 1, position: [0, 0] }),
    getCredentials: async () => credentials,
    helpers: {
      returnJsonArray: (json: unknown) => [{ json }],
      async httpRequestWithAuthentication(_: string, request: { method: string; url: string; body?: object }) {
        const response = await fetch(request.url, {
          method: request.method,
          headers: { authorization, ...(request.body && { "content-type": "application/json" }) },
          body: request.body === undefined ? null : JSON.stringify(request.body),
        });
        return { statusCode: response.status, body: await response.json() };
      },
    },
  };
  return {
    data,
    exists: () => node.webhookMethods.default.checkExists.call(context),
    activate: () => node.webhookMethods.default.create.call(context),
    deactivate: () => node.webhookMethods.default.delete.call(context),
    async deliver(headers, body) {
      let status = 200;
      const response = {
        status(code: number) {
          status = code;
          return response;
        },
        send: () => response,
        end: () => response,
      };
      const { workflowData = [] } = await node.webhook.call({
        ...context,
        getHeaderData: () => headers,
        getRequestObject: () => ({ rawBody: Buffer.from(body) }),
        getResponseObject: () => response,
        getBodyData: () => JSON.parse(body),
      });
      return { status, items: workflowData.flat().map(({ json }) => json) };
    },
  };
}
