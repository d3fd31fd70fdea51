import assert from "node:assert/strict";
import type { TestContext } from "node:test";

import { graphCalls, type GraphCalls } from "../../../sandbox/meta/graph.fixture.ts";
import {
  codeOf,
  controlsOf,
  openSandbox,
  START,
  stringAt,
  type Answer,
  type Controls,
  type TestSandbox,
} from "../../../sandbox/sandbox.fixture.ts";
import type { SandboxOptions } from "../../../sandbox/server.ts";

/** A Threads sandbox at 2026-11-01T12:00:00Z whose seeded person has connected the seeded app. */
export interface ThreadsWorld extends Controls, GraphCalls {
  sandbox: TestSandbox;
  token: string;
  /** Creates a container, which must succeed, and returns its ID. */
  create(form: Record<string, string>): Promise<string>;
  status(id: string): Promise<Answer>;
  /** Creates, waits until it is finished, publishes, and returns the media ID. */
  publish(form: Record<string, string>): Promise<string>;
}

export const GRAPH = "https://graph.threads.net";

export async function openThreads(
  test: TestContext,
  options: Partial<SandboxOptions> & { scopes?: string[] } = {},
): Promise<ThreadsWorld> {
  const { scopes, ...sandboxOptions } = options;
  const sandbox = await openSandbox(test, { startAt: START, ...sandboxOptions });
  const token = scopes ? await connect(sandbox, scopes) : await seededToken(sandbox);
  const world: ThreadsWorld = {
    ...controlsOf(sandbox, "threads"),
    sandbox,
    token,
    ...graphCalls(sandbox, `${GRAPH}/v1.0`, token),
    async create(form) {
      const answer = await world.post("/me/threads", form);
      assert.equal(answer.status, 200, answer.text);
      return stringAt(answer.json, "id");
    },
    status: (id) => world.get(`/${id}`, { fields: "status,error_message" }),
    async publish(form) {
      const id = await world.create(form);
      await world.advance(10);
      const answer = await world.post("/me/threads_publish", { creation_id: id });
      assert.equal(answer.status, 200, answer.text);
      return stringAt(answer.json, "id");
    },
  };
  return world;
}

/** Approves the consent page like any HTTP client, and exchanges the code for a long-lived token. */
export async function connect(sandbox: TestSandbox, scopes: string[], loginHint?: string): Promise<string> {
  const redirectUri = "http://127.0.0.1:9/callback";
  const { json } = await sandbox.control("POST", "apps", { platform: "threads", redirectUris: [redirectUri] });
  const [client_id, client_secret] = [stringAt(json, "clientId"), stringAt(json, "clientSecret")];
  const query = new URLSearchParams({
    client_id,
    redirect_uri: redirectUri,
    scope: scopes.join(","),
    response_type: "code",
    ...(loginHint && { login_hint: loginHint }),
  });
  const approved = await sandbox.call("POST", `https://threads.net/oauth/authorize?${query}`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: ["decision=approve", ...scopes.map((scope) => `scope=${scope}`)].join("&"),
  });
  const code = codeOf(approved);
  const short = await sandbox.call("POST", `${GRAPH}/oauth/access_token`, {
    form: { client_id, client_secret, grant_type: "authorization_code", redirect_uri: redirectUri, code },
  });
  const long = await sandbox.call(
    "GET",
    `${GRAPH}/access_token?${new URLSearchParams({ grant_type: "th_exchange_token", client_secret, access_token: stringAt(short.json, "access_token") })}`,
  );
  return stringAt(long.json, "access_token");
}

export function exchangeSeededCode(sandbox: TestSandbox): Promise<Answer> {
  return sandbox.call("POST", `${GRAPH}/oauth/access_token`, {
    form: {
      client_id: "990602627938098",
      client_secret: "th-secret",
      grant_type: "authorization_code",
      redirect_uri: "https://app.example.test/cb",
      code: "THCODE1",
    },
  });
}

async function seededToken(sandbox: TestSandbox): Promise<string> {
  const short = stringAt((await exchangeSeededCode(sandbox)).json, "access_token");
  const long = await sandbox.call(
    "GET",
    `${GRAPH}/access_token?grant_type=th_exchange_token&client_secret=th-secret&access_token=${short}`,
  );
  return stringAt(long.json, "access_token");
}
