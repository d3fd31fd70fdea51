import { type INodeType, type INodeTypeDescription, NodeConnectionTypes } from "n8n-workflow";

import { properties } from "./properties.ts";

/** Every Ampost API call that a workflow can use. n8n runs them from their descriptions, without code. */
export class Ampost implements INodeType {
  description: INodeTypeDescription = {
    displayName: "Ampost",
    name: "ampost",
    icon: { light: "file:../../icons/ampost.svg", dark: "file:../../icons/ampost.dark.svg" },
    group: ["output"],
    version: 1,
    subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
    description: "Publish to Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads, exactly once",
    defaults: { name: "Ampost" },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: "ampostApi", required: true }],
    // `tellRefusal` reports errors; following a redirect could leak the key to another server.
    requestDefaults: {
      baseURL: '={{ $credentials.baseUrl.replace(/\\/+$/, "") }}',
      json: true,
      ignoreHttpStatusErrors: true,
      disableFollowRedirect: true,
    },
    properties,
  };
}
