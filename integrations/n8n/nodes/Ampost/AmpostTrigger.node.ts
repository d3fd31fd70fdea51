import { createHmac, timingSafeEqual } from "node:crypto";

import {
  type IDataObject,
  type IHookFunctions,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
} from "n8n-workflow";

import { events } from "./properties.ts";
import { refusalOf } from "./tell-refusal.ts";

/** Starts a workflow when something happens. While the workflow is active, it has a webhook of its own at Ampost. */
export class AmpostTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: "Ampost Trigger",
    name: "ampostTrigger",
    icon: { light: "file:../../icons/ampost.svg", dark: "file:../../icons/ampost.dark.svg" },
    group: ["trigger"],
    version: 1,
    subtitle: '={{ $parameter["events"].join(", ") || "All events" }}',
    description: "Starts a workflow when a post is published or fails, and on other events",
    defaults: { name: "Ampost Trigger" },
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: "ampostApi", required: true }],
    webhooks: [{ name: "default", httpMethod: "POST", responseMode: "onReceived", path: "webhook" }],
    properties: [
      {
        displayName: "Events",
        name: "events",
        type: "multiOptions",
        options: events,
        default: [],
        description: "The events that start the workflow. Without any, all of them do.",
      },
    ],
  };

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        const { webhookId } = this.getWorkflowStaticData("node");
        if (webhookId === undefined) return false;
        const { statusCode, body } = await ask.call(this, "GET", `/${String(webhookId)}`);
        const { url, status } = Object(Object(body).webhook);
        return statusCode === 200 && status === "active" && url === this.getNodeWebhookUrl("default");
      },

      async create(this: IHookFunctions): Promise<boolean> {
        const answer = await ask.call(this, "POST", "", {
          url: this.getNodeWebhookUrl("default"),
          events: this.getNodeParameter("events"),
          description: `n8n: ${this.getWorkflow().name ?? "a workflow"}`,
        });
        if (answer.statusCode >= 400) throw refusalOf(this.getNode(), answer);
        const { id, secret } = Object(Object(answer.body).webhook);
        Object.assign(this.getWorkflowStaticData("node"), { webhookId: id, secret });
        return true;
      },

      async delete(this: IHookFunctions): Promise<boolean> {
        const data = this.getWorkflowStaticData("node");
        const answer = await ask.call(this, "DELETE", `/${String(data.webhookId)}`);
        if (answer.statusCode >= 400 && answer.statusCode !== 404) throw refusalOf(this.getNode(), answer);
        delete data.webhookId;
        delete data.secret;
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    const headers = this.getHeaderData();
    const { secret } = this.getWorkflowStaticData("node");
    const { rawBody } = this.getRequestObject();
    if (!isFromAmpost(String(secret), headers, rawBody)) {
      this.getResponseObject().status(401).send("The signature is not valid.").end();
      return { noWebhookResponse: true };
    }
    const event = { ...this.getBodyData(), deliveryId: headers["webhook-id"] };
    return { workflowData: [this.helpers.returnJsonArray(event)] };
  }
}

async function ask(
  this: IHookFunctions,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: IDataObject,
): Promise<{ statusCode: number; body: unknown }> {
  const { baseUrl } = await this.getCredentials("ampostApi");
  return await this.helpers.httpRequestWithAuthentication.call(this, "ampostApi", {
    method,
    url: `${String(baseUrl).replace(/\/+$/, "")}/api/v1/webhooks${path}`,
    json: true,
    // Errors are reported with the API's message; following a redirect could leak the key to another server.
    ignoreHttpStatusErrors: true,
    returnFullResponse: true,
    disableFollowRedirect: true,
    ...(body !== undefined && { body }),
  });
}

const TOLERANCE_SECONDS = 300;

/** https://www.standardwebhooks.com: over the raw body, and not older than five minutes. */
function isFromAmpost(secret: string, headers: { [name: string]: unknown }, rawBody: Buffer): boolean {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    String(headers[name]),
  );
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(rawBody).digest();
  return (signatures ?? "").split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
