import { inspectToken, noteVersion, readAppToken } from "../kit/meta/check.ts";
import type { LiveCheck } from "../platform.ts";
import { graph } from "./errors.ts";

export const check: LiveCheck = {
  app: async (http, app, environment) =>
    noteVersion(environment, await readAppToken(graph, http, app, `${graph.baseUrl}/oauth/access_token`)),
  account: (account) => inspectToken(graph, account),
};
