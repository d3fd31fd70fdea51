import assert from "node:assert/strict";
import { test } from "node:test";

import { startHost } from "../broker.fixture.ts";
import { createHttpClient } from "../http.ts";
import { inspectToken, notePublishingLimit, noteVersion, readAppToken } from "./check.ts";
import type { Graph } from "./graph.ts";

const graph: Graph = { label: "Facebook", baseUrl: "https://graph.facebook.com/v25.0", errors: [] };
const app = { clientId: "1", clientSecret: "secret", redirectUri: "https://app.example/cb" };

test("a Graph version that Meta no longer serves is reported with a cure", async (t) => {
  let served: string | undefined;
  const host = await startHost(t, () => [
    200,
    { access_token: "1|secret" },
    Object.fromEntries(served === undefined ? [] : [["facebook-api-version", served]]),
  ]);
  const http = createHttpClient({ sandboxUrl: host.url });
  const notesFor = async (version: string | undefined) => {
    served = version;
    return noteVersion(
      { META_GRAPH_VERSION: "v25.0" },
      await readAppToken(graph, http, app, `${graph.baseUrl}/oauth/access_token`),
    );
  };
  assert.deepEqual([await notesFor(undefined), await notesFor("v25.0")], [[], []]);
  const [note] = await notesFor("v26.0");
  assert.match(
    `${note?.message} ${note?.cure}`,
    /retired Graph API v25\.0 and answers with v26\.0\. Set META_GRAPH_VERSION to v26\.0/,
  );
});

test("the end of data access, a token that is over, and a used-up quota are reported", async (t) => {
  const now = new Date("2026-12-01T00:00:00Z");
  let data: object = {};
  const host = await startHost(t, ({ path }) => [200, path.endsWith("limit") ? { data: [data] } : { data }]);
  const caller = { http: createHttpClient({ sandboxUrl: host.url }), app, accessToken: "token", now };
  const inspect = async (given: object) => {
    data = given;
    return await inspectToken(graph, caller);
  };
  const cure = "Reconnect the account.";
  const at = (date: string) => Date.parse(date) / 1000;
  assert.deepEqual(await inspect({ is_valid: true, scopes: ["a"], data_access_expires_at: 0 }), {
    notes: [],
    scopes: ["a"],
  });
  assert.deepEqual(await inspect({ is_valid: true, scopes: [], data_access_expires_at: at("2027-01-31T12:00:00Z") }), {
    notes: [{ message: "Access to its data ends on 2027-01-31." }],
    scopes: [],
  });
  assert.deepEqual(
    (await inspect({ is_valid: true, scopes: [], data_access_expires_at: at("2026-12-14T00:00:00Z") })).notes,
    [{ message: "Access to its data ends on 2026-12-14.", cure }],
  );
  assert.deepEqual(await inspect({ is_valid: false, scopes: [] }), {
    notes: [{ message: "Meta says that its token is no longer valid.", cure }],
  });

  const limit = async (given: object) => {
    data = given;
    return await notePublishingLimit(graph, caller, "1/limit");
  };
  assert.deepEqual(await limit({ quota_usage: 1, config: { quota_total: 50 } }), [
    { message: "49 of 50 posts are left in these 24 hours." },
  ]);
  assert.deepEqual(await limit({ quota_usage: 50, config: { quota_total: 50 } }), [
    {
      message: "0 of 50 posts are left in these 24 hours.",
      cure: "Wait until earlier posts are more than 24 hours old.",
    },
  ]);
  assert.deepEqual(await limit({ quota_usage: 1 }), []);
});
