import { type INodeType, type INodeTypeDescription, NodeConnectionTypes } from "n8n-workflow";

import { properties } from "./properties.ts";

/** Every call of the Ampost API that a workflow can use. n8n does them as they are described: there is nothing to run. */
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
    // Refusals are told by `tellRefusal`; a redirect might carry the key to somebody else.
    requestDefaults: {
      baseURL: '={{ $credentials.baseUrl.replace(/\\/+$/, "") }}',
      json: true,
      ignoreHttpStatusErrors: true,
      disableFollowRedirect: true,
    },
    properties,
  };
}
