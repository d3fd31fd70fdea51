import { z } from "zod";

import { platform } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { newApp, ownApp } from "./connections.ts";

const common = { ...plain, auth: "either" } as const;
const params = z.strictObject({ platform });
const KEEPS = "Accounts that are already connected keep the app they were connected with.";
const POLICY = "A key needs the policy `oauthApps`.";

export const appsList = operation({
  ...common,
  name: "apps_list",
  method: "GET",
  path: "/api/v1/oauth-apps",
  summary: "List your own apps",
  description:
    "Returns the developer apps through which accounts connect to your platform sets in this mode, unless a platform " +
    `set has its own. Without one, the instance's app is used. Secrets are never returned. ${POLICY}`,
  answer: z.object({ apps: z.array(ownApp) }),
  errors: ["POLICY_VIOLATION"],
});

export const appsSave = operation({
  ...common,
  name: "apps_save",
  method: "PUT",
  path: "/api/v1/oauth-apps/:platform",
  summary: "Set your own app",
  description: `Connects future accounts on the platform through this app, in this mode. ${KEEPS} ${POLICY}`,
  params,
  body: newApp,
  takes: "required",
  writes: true,
  answer: z.object({ app: ownApp }),
  errors: ["POLICY_VIOLATION"],
});

export const appsDelete = operation({
  ...common,
  name: "apps_delete",
  method: "DELETE",
  path: "/api/v1/oauth-apps/:platform",
  summary: "Remove your own app",
  description: `Connects future accounts on the platform through the instance's app. ${KEEPS} ${POLICY}`,
  params,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND", "POLICY_VIOLATION"],
});
