import type { TestContext } from "node:test";

import { graphCalls, type GraphCalls } from "../../../sandbox/meta/graph.fixture.ts";
import {
  codeOf,
  controlsOf,
  listAt,
  openSandbox,
  START,
  stringAt,
  type Answer,
  type Controls,
  type TestSandbox,
} from "../../../sandbox/sandbox.fixture.ts";
import type { SandboxOptions } from "../../../sandbox/server.ts";

/** A Facebook sandbox at 2026-11-01T12:00:00Z whose seeded person has connected the seeded app with the seeded Page. */
export interface FacebookWorld extends Controls, GraphCalls {
  sandbox: TestSandbox;
  /** The Page's own token. */
  token: string;
  userToken: string;
  /** Starts a reel or video story; must succeed. */
  start(edge: "video_reels" | "video_stories"): Promise<{ id: string; url: string }>;
  /** Sends bytes to the upload host. */
  send(url: string, bytes: Buffer, headers: Record<string, string>): Promise<Answer>;
}

export const GRAPH = "https://graph.facebook.com";
export const APP = { client_id: "138483919580948", client_secret: "fb-secret" } as const;
export const REDIRECT_URI = "https://app.example.test/cb";
const ALL_SCOPES = ["pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement"];

export async function openFacebook(
  test: TestContext,
  options: Partial<SandboxOptions> & { scopes?: string[]; loginHint?: string } = {},
): Promise<FacebookWorld> {
  const { scopes, loginHint, ...sandboxOptions } = options;
  const sandbox = await openSandbox(test, { startAt: START, ...sandboxOptions });
  const userToken =
    scopes || loginHint ? await connect(sandbox, scopes ?? ALL_SCOPES, loginHint) : await seededToken(sandbox);
  const token = await pageToken(sandbox, userToken);
  const world: FacebookWorld = {
    ...controlsOf(sandbox, "facebook"),
    sandbox,
    token,
    userToken,
    ...graphCalls(sandbox, `${GRAPH}/v25.0`, token),
    async start(edge) {
      const { json } = await world.post(`/101/${edge}`, { upload_phase: "start" });
      return { id: stringAt(json, "video_id"), url: stringAt(json, "upload_url") };
    },
    send: (url, bytes, headers) =>
      sandbox.call("POST", url, {
        headers: { authorization: `OAuth ${token}`, "content-type": "application/octet-stream", ...headers },
        body: bytes,
      }),
  };
  return world;
}

export function exchangeCode(sandbox: TestSandbox, code = "FBCODE1"): Promise<Answer> {
  return sandbox.call(
    "GET",
    `${GRAPH}/v25.0/oauth/access_token?${new URLSearchParams({ ...APP, redirect_uri: REDIRECT_URI, code })}`,
  );
}

export function exchangeToken(sandbox: TestSandbox, token: string, app: Record<string, string> = APP): Promise<Answer> {
  return sandbox.call(
    "GET",
    `${GRAPH}/v25.0/oauth/access_token?${new URLSearchParams({ ...app, grant_type: "fb_exchange_token", fb_exchange_token: token })}`,
  );
}

async function seededToken(sandbox: TestSandbox): Promise<string> {
  const short = stringAt((await exchangeCode(sandbox)).json, "access_token");
  return stringAt((await exchangeToken(sandbox, short)).json, "access_token");
}

/** The first Page's token. */
export async function pageToken(sandbox: TestSandbox, userToken: string): Promise<string> {
  const { json } = await sandbox.call("GET", `${GRAPH}/v25.0/me/accounts?fields=id,access_token`, { token: userToken });
  return stringAt(listAt(json, "data")[0], "access_token");
}

/**
 * Approves the consent page like any HTTP client, with every Page checked, and exchanges the code for a long-lived
 * user token.
 */
export async function connect(sandbox: TestSandbox, scopes: string[], loginHint?: string): Promise<string> {
  const redirectUri = "http://127.0.0.1:9/callback";
  const { json } = await sandbox.control("POST", "apps", { platform: "facebook", redirectUris: [redirectUri] });
  const app = { client_id: stringAt(json, "clientId"), client_secret: stringAt(json, "clientSecret") };
  const query = new URLSearchParams({
    client_id: app.client_id,
    redirect_uri: redirectUri,
    scope: scopes.join(","),
    response_type: "code",
    ...(loginHint && { login_hint: loginHint }),
  });
  const page = `https://www.facebook.com/v25.0/dialog/oauth?${query}`;
  const pages = [...(await sandbox.call("GET", page)).text.matchAll(/name="page" value="(\d+)"/g)].map(
    (match) => `page=${match[1]}`,
  );
  const approved = await sandbox.call("POST", page, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: ["decision=approve", ...scopes.map((scope) => `scope=${scope}`), ...pages].join("&"),
  });
  const code = codeOf(approved);
  const short = await sandbox.call(
    "GET",
    `${GRAPH}/v25.0/oauth/access_token?${new URLSearchParams({ ...app, redirect_uri: redirectUri, code })}`,
  );
  return stringAt((await exchangeToken(sandbox, stringAt(short.json, "access_token"), app)).json, "access_token");
}
