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

/**
 * An Instagram sandbox at 2026-11-01T12:00:00Z whose seeded account has connected the seeded app, or another one
 * through Facebook.
 */
export interface InstagramWorld extends Controls, GraphCalls {
  sandbox: TestSandbox;
  token: string;
  /** The account's ID. */
  id: string;
  /** Tries to create a container. */
  make(form: Record<string, string>): Promise<Answer>;
  /** Creates a container, which must succeed, and returns its ID. */
  create(form: Record<string, string>): Promise<string>;
  status(id: string): Promise<Answer>;
  /** Creates a container, lets it finish, publishes it, and returns the media ID. */
  publish(form: Record<string, string>): Promise<string>;
}

const DIRECT = "https://graph.instagram.com";
const FACEBOOK = "https://graph.facebook.com";

export async function openInstagram(
  test: TestContext,
  options: Partial<SandboxOptions> & { scopes?: string[]; login?: "facebook" } = {},
): Promise<InstagramWorld> {
  const { scopes, login, ...sandboxOptions } = options;
  const sandbox = await openSandbox(test, { startAt: START, ...sandboxOptions });
  const host = login ? FACEBOOK : DIRECT;
  const token = login
    ? await connectByFacebook(sandbox, scopes ?? FACEBOOK_SCOPES)
    : scopes
      ? await connect(sandbox, scopes)
      : await seededToken(sandbox);
  const id = "17841400000000001";
  const world: InstagramWorld = {
    ...controlsOf(sandbox, "instagram"),
    sandbox,
    token,
    id,
    ...graphCalls(sandbox, `${host}/v25.0`, token),
    make: (form) => world.post(`/${id}/media`, form),
    async create(form) {
      const answer = await world.make(form);
      assert.equal(answer.status, 200, answer.text);
      return stringAt(answer.json, "id");
    },
    status: (container) => world.get(`/${container}`, { fields: "status_code,status" }),
    async publish(form) {
      const container = await world.create(form);
      await world.advance(10);
      const answer = await world.post(`/${id}/media_publish`, { creation_id: container });
      assert.equal(answer.status, 200, answer.text);
      return stringAt(answer.json, "id");
    },
  };
  return world;
}

export const FACEBOOK_SCOPES = [
  "instagram_basic",
  "instagram_content_publish",
  "pages_show_list",
  "pages_read_engagement",
  "instagram_manage_comments",
  "instagram_manage_contents",
];

export function exchangeSeededCode(sandbox: TestSandbox): Promise<Answer> {
  return sandbox.call("POST", "https://api.instagram.com/oauth/access_token", {
    form: {
      client_id: "990602627938098",
      client_secret: "ig-secret",
      grant_type: "authorization_code",
      redirect_uri: "https://app.example.test/cb",
      code: "CODE1",
    },
  });
}

async function seededToken(sandbox: TestSandbox): Promise<string> {
  const short = stringAt((await exchangeSeededCode(sandbox)).json, "access_token");
  return stringAt(
    (
      await sandbox.call(
        "GET",
        `${DIRECT}/access_token?grant_type=ig_exchange_token&client_secret=ig-secret&access_token=${short}`,
      )
    ).json,
    "access_token",
  );
}

/** Approves the consent page like any HTTP client, and exchanges the code for a long-lived token. */
export async function connect(sandbox: TestSandbox, scopes: string[], loginHint?: string): Promise<string> {
  const { app, code } = await approve(sandbox, "https://www.instagram.com/oauth/authorize", scopes, { loginHint });
  const form = { ...app, grant_type: "authorization_code", code };
  const short = await sandbox.call("POST", "https://api.instagram.com/oauth/access_token", { form });
  const query = new URLSearchParams({
    grant_type: "ig_exchange_token",
    client_secret: app.client_secret,
    access_token: stringAt(short.json, "access_token"),
  });
  return stringAt((await sandbox.call("GET", `${DIRECT}/access_token?${query}`)).json, "access_token");
}

/** The long-lived user token of a Facebook login, with all Pages of the person checked. */
export async function connectByFacebook(sandbox: TestSandbox, scopes: string[], loginHint?: string): Promise<string> {
  const { app, code } = await approve(sandbox, "https://www.facebook.com/v25.0/dialog/oauth", scopes, { loginHint });
  const short = await sandbox.call(
    "GET",
    `${FACEBOOK}/v25.0/oauth/access_token?${new URLSearchParams({ ...app, code })}`,
  );
  const exchange = {
    client_id: app.client_id,
    client_secret: app.client_secret,
    grant_type: "fb_exchange_token",
    fb_exchange_token: stringAt(short.json, "access_token"),
  };
  return stringAt(
    (await sandbox.call("GET", `${FACEBOOK}/v25.0/oauth/access_token?${new URLSearchParams(exchange)}`)).json,
    "access_token",
  );
}

async function approve(
  sandbox: TestSandbox,
  page: string,
  scopes: string[],
  { loginHint }: { loginHint?: string | undefined },
) {
  const redirectUri = "http://127.0.0.1:9/callback";
  const { json } = await sandbox.control("POST", "apps", { platform: "instagram", redirectUris: [redirectUri] });
  const app = {
    client_id: stringAt(json, "clientId"),
    client_secret: stringAt(json, "clientSecret"),
    redirect_uri: redirectUri,
  };
  const query = new URLSearchParams({
    client_id: app.client_id,
    redirect_uri: redirectUri,
    scope: scopes.join(","),
    response_type: "code",
    ...(loginHint && { login_hint: loginHint }),
  });
  const shown = await sandbox.call("GET", `${page}?${query}`);
  const pages = [...shown.text.matchAll(/name="page" value="(\d+)"/g)].map((match) => `page=${match[1]}`);
  const approved = await sandbox.call("POST", `${page}?${query}`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: ["decision=approve", ...scopes.map((scope) => `scope=${scope}`), ...pages].join("&"),
  });
  const code = codeOf(approved);
  return { app, code };
}
