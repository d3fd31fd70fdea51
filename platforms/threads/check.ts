import { notePublishingLimit, readAppToken } from "../kit/meta/check.ts";
import type { LiveCheck } from "../platform.ts";
import { graph } from "./errors.ts";

export const check: LiveCheck = {
  async app(http, app) {
    await readAppToken(graph, http, app, "https://graph.threads.net/oauth/access_token");
    return [];
  },
  account: async (account) => ({
    notes: await notePublishingLimit(graph, account, `${account.platformAccountId}/threads_publishing_limit`),
  }),
};
