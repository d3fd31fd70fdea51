import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { TestContext } from "node:test";

import {
  codeOf,
  controlsOf,
  openSandbox,
  START,
  stringAt,
  valueAt,
  type Answer,
  type Controls,
  type TestSandbox,
} from "../../../sandbox/sandbox.fixture.ts";
import type { SandboxOptions } from "../../../sandbox/server.ts";

/** An X sandbox at 2026-11-01T12:00:00Z whose seeded person has connected the seeded app. */
export interface XWorld extends Controls {
  sandbox: TestSandbox;
  token: string;
  userId: string;
  get(path: string, params?: Record<string, string>, token?: string): Promise<Answer>;
  post(path: string, json: unknown, token?: string): Promise<Answer>;
  remove(path: string, token?: string): Promise<Answer>;
  /** A form that contains bytes. */
  send(path: string, fields: Record<string, string>, media?: Buffer): Promise<Answer>;
  /** Posts, which must succeed, and returns the ID. */
  publish(body: Record<string, unknown>, token?: string): Promise<string>;
  /** Uploads an image in one request, which must succeed, and returns the ID. */
  image(bytes: Buffer): Promise<string>;
  /** Uploads in segments and finalizes; returns the response of finalize. */
  chunked(bytes: Buffer, mediaType: string, category: string, chunkBytes?: number): Promise<Answer>;
  status(id: string): Promise<Answer>;
}

export const API = "https://api.x.com";
export const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
export const ALL_SCOPES = ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"];
export const SEEDED = {
  clientId: "c2FuZGJveC14LWFwcDoxOmNp",
  clientSecret: "x-secret",
  redirectUri: "https://app.example.test/cb",
};

export async function openX(
  test: TestContext,
  options: Partial<SandboxOptions> & { scopes?: string[]; hint?: string } = {},
): Promise<XWorld> {
  const { scopes = ALL_SCOPES, hint, ...sandboxOptions } = options;
  const sandbox = await openSandbox(test, { startAt: START, ...sandboxOptions });
  const token = (await connect(sandbox, { scopes, hint })).accessToken;
  const query = (params: Record<string, string>) =>
    Object.keys(params).length > 0 ? `?${new URLSearchParams(params)}` : "";
  const me = await sandbox.call("GET", `${API}/2/users/me`, { token });
  const world: XWorld = {
    ...controlsOf(sandbox, "twitter"),
    sandbox,
    token,
    userId: scopes.includes("users.read") && scopes.includes("tweet.read") ? stringAt(me.json, "data.id") : "",
    get: (path, params = {}, by = token) => sandbox.call("GET", `${API}${path}${query(params)}`, { token: by }),
    post: (path, json, by = token) =>
      sandbox.call("POST", `${API}${path}`, {
        token: by,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(json),
      }),
    remove: (path, by = token) => sandbox.call("DELETE", `${API}${path}`, { token: by }),
    send(path, fields, media) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      if (media) form.set("media", new Blob([new Uint8Array(media)]), "media");
      return sandbox.call("POST", `${API}${path}`, { token, body: form });
    },
    async publish(body, by = token) {
      const answer = await world.post("/2/tweets", body, by);
      assert.equal(answer.status, 201, answer.text);
      return stringAt(answer.json, "data.id");
    },
    async image(bytes) {
      const answer = await world.send("/2/media/upload", { media_category: "tweet_image" }, bytes);
      assert.equal(answer.status, 200, answer.text);
      return stringAt(answer.json, "data.id");
    },
    async chunked(bytes, mediaType, category, chunkBytes = 1024 * 1024) {
      const opened = await world.post("/2/media/upload/initialize", {
        media_type: mediaType,
        total_bytes: bytes.length,
        media_category: category,
      });
      assert.equal(opened.status, 200, opened.text);
      const id = stringAt(opened.json, "data.id");
      for (let from = 0, place = 0; from < bytes.length; from += chunkBytes, place += 1) {
        const answer = await world.send(
          `/2/media/upload/${id}/append`,
          { segment_index: String(place) },
          bytes.subarray(from, from + chunkBytes),
        );
        assert.equal(answer.status, 200, answer.text);
      }
      return sandbox.call("POST", `${API}/2/media/upload/${id}/finalize`, { token });
    },
    status: (id) => world.get("/2/media/upload", { command: "STATUS", media_id: id }),
  };
  return world;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

export async function connect(
  sandbox: TestSandbox,
  { scopes = ALL_SCOPES, hint }: { scopes?: string[]; hint?: string | undefined } = {},
): Promise<Tokens> {
  const { json, text } = await exchange(sandbox, await approve(sandbox, { scopes, hint }));
  const refreshToken = valueAt(json, "refresh_token");
  assert.equal(typeof valueAt(json, "access_token"), "string", text);
  return {
    accessToken: stringAt(json, "access_token"),
    refreshToken: typeof refreshToken === "string" ? refreshToken : "",
  };
}

/** Approves the consent page like any HTTP client; returns the code. */
export async function approve(
  sandbox: TestSandbox,
  { scopes = ALL_SCOPES, hint }: { scopes?: string[]; hint?: string | undefined } = {},
): Promise<string> {
  const answer = await consent(
    sandbox,
    { scopes, hint },
    ["decision=approve", ...scopes.map((scope) => `scope=${scope}`)].join("&"),
  );
  return codeOf(answer);
}

export function consent(
  sandbox: TestSandbox,
  { scopes, hint }: { scopes: string[]; hint?: string | undefined },
  body: string,
): Promise<Answer> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: SEEDED.clientId,
    redirect_uri: SEEDED.redirectUri,
    scope: scopes.join(" "),
    state: "s1",
    code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
    code_challenge_method: "S256",
    ...(hint !== undefined && { login_hint: hint }),
  });
  return sandbox.call("POST", `https://twitter.com/i/oauth2/authorize?${query}`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
  });
}

export function exchange(sandbox: TestSandbox, code: string, more: Record<string, string> = {}): Promise<Answer> {
  return tokenCall(sandbox, {
    grant_type: "authorization_code",
    code,
    redirect_uri: SEEDED.redirectUri,
    code_verifier: VERIFIER,
    ...more,
  });
}

export function refresh(sandbox: TestSandbox, refreshToken: string): Promise<Answer> {
  return tokenCall(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken });
}

export function tokenCall(
  sandbox: TestSandbox,
  form: Record<string, string>,
  path = "/2/oauth2/token",
): Promise<Answer> {
  const basic = Buffer.from(`${SEEDED.clientId}:${SEEDED.clientSecret}`).toString("base64");
  return sandbox.call("POST", `${API}${path}`, { form, headers: { authorization: `Basic ${basic}` } });
}

/** Status and message of an error: the detail of a problem, or the message of an invalid request. */
export function refusalOf(answer: Answer): [number, unknown] {
  const errors = valueAt(answer.json, "errors");
  return [
    answer.status,
    Array.isArray(errors)
      ? valueAt(errors[0], "message")
      : (valueAt(answer.json, "detail") ?? valueAt(answer.json, "error")),
  ];
}
