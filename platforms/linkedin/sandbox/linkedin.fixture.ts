import assert from "node:assert/strict";
import type { TestContext } from "node:test";

import {
  codeOf,
  controlsOf,
  listAt,
  openSandbox,
  START,
  stringAt,
  valueAt,
  type Answer,
  type CallOptions,
  type Controls,
  type TestSandbox,
} from "../../../sandbox/sandbox.fixture.ts";
import type { SandboxOptions } from "../../../sandbox/server.ts";

/** A LinkedIn sandbox at 2026-11-01T12:00:00Z whose seeded member has connected the seeded app. */
export interface LinkedInWorld extends Controls {
  sandbox: TestSandbox;
  token: string;
  /** `urn:li:person:…` of the token's member. */
  author: string;
  rest(
    method: string,
    path: string,
    options?: { json?: unknown; token?: string | null; version?: string | null; headers?: Record<string, string> },
  ): Promise<Answer>;
  post(changes?: Record<string, unknown>, token?: string): Promise<Answer>;
  put(url: string, bytes: Buffer, options?: { token?: string; headers?: Record<string, string> }): Promise<Answer>;
  /** Uploads an image, which must succeed, and returns its URN. */
  image(bytes: Buffer): Promise<string>;
  /** Starts the upload of a video. */
  openVideo(
    sizeBytes: number,
    more?: Record<string, unknown>,
  ): Promise<{
    video: string;
    uploadToken: string;
    parts: { uploadUrl: string; firstByte: number; lastByte: number }[];
    json: unknown;
  }>;
  /** Uploads and finalizes a video, and returns its URN. */
  video(bytes: Buffer): Promise<string>;
}

export const API = "https://api.linkedin.com";
export const OAUTH = "https://www.linkedin.com/oauth/v2";
export const SEEDED = {
  client_id: "78sandboxlinkd",
  client_secret: "li-secret",
  redirect_uri: "https://app.example.test/cb",
};

export async function openLinkedIn(test: TestContext, options: Partial<SandboxOptions> = {}): Promise<LinkedInWorld> {
  const sandbox = await openSandbox(test, { startAt: START, ...options });
  const exchanged = await exchange(sandbox, { code: "LICODE1" });
  return useToken(sandbox, stringAt(exchanged.json, "access_token"));
}

/** One member's calls on a running sandbox. */
export async function useToken(sandbox: TestSandbox, token: string): Promise<LinkedInWorld> {
  const profile = await sandbox.call("GET", `${API}/v2/userinfo`, { token });
  const author = `urn:li:person:${stringAt(profile.json, "sub")}`;
  const world: LinkedInWorld = {
    ...controlsOf(sandbox, "linkedin"),
    sandbox,
    token,
    author,
    rest(method, path, { json, token: by = token, version = "202605", headers } = {}) {
      const call: CallOptions = {
        headers: {
          ...(version !== null && { "Linkedin-Version": version }),
          "X-Restli-Protocol-Version": "2.0.0",
          ...(json !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(by !== null && { token: by }),
        ...(json !== undefined && { body: JSON.stringify(json) }),
      };
      return sandbox.call(method, `${API}/rest${path}`, call);
    },
    post: (changes = {}, by = token) =>
      world.rest("POST", "/posts", { json: { ...postBody(author), ...changes }, token: by }),
    put: (url, bytes, { token: by, headers } = {}) =>
      sandbox.call("PUT", url, {
        headers: { "content-type": "application/octet-stream", ...headers },
        body: new Uint8Array(bytes),
        ...(by !== undefined && { token: by }),
      }),
    async image(bytes) {
      const opened = await world.rest("POST", "/images?action=initializeUpload", {
        json: { initializeUploadRequest: { owner: author } },
      });
      assert.equal((await world.put(stringAt(opened.json, "value.uploadUrl"), bytes, { token })).status, 201);
      return stringAt(opened.json, "value.image");
    },
    async openVideo(fileSizeBytes, more = {}) {
      const { json, status, text } = await world.rest("POST", "/videos?action=initializeUpload", {
        json: {
          initializeUploadRequest: {
            owner: author,
            fileSizeBytes,
            uploadCaptions: false,
            uploadThumbnail: false,
            ...more,
          },
        },
      });
      assert.equal(status, 200, text);
      const parts = listAt(json, "value.uploadInstructions").map((part) => ({
        uploadUrl: String(part["uploadUrl"]),
        firstByte: Number(part["firstByte"]),
        lastByte: Number(part["lastByte"]),
      }));
      return { video: stringAt(json, "value.video"), uploadToken: stringAt(json, "value.uploadToken"), parts, json };
    },
    async video(bytes) {
      const { video, uploadToken, parts } = await world.openVideo(bytes.length);
      const uploadedPartIds: string[] = [];
      for (const { uploadUrl, firstByte, lastByte } of parts)
        uploadedPartIds.push(
          (await world.put(uploadUrl, bytes.subarray(firstByte, lastByte + 1))).headers.get("etag") ?? "",
        );
      const done = await world.rest("POST", "/videos?action=finalizeUpload", {
        json: { finalizeUploadRequest: { video, uploadToken, uploadedPartIds } },
      });
      assert.equal(done.status, 200, done.text);
      return video;
    },
  };
  return world;
}

export function postBody(author: string): Record<string, unknown> {
  return {
    author,
    commentary: "Hello",
    visibility: "PUBLIC",
    distribution: { feedDistribution: "MAIN_FEED", targetEntities: [], thirdPartyDistributionChannels: [] },
    lifecycleState: "PUBLISHED",
    isReshareDisabledByAuthor: false,
  };
}

export function exchange(sandbox: TestSandbox, form: Record<string, string>): Promise<Answer> {
  return sandbox.call("POST", `${OAUTH}/accessToken`, {
    form: { grant_type: "authorization_code", ...SEEDED, ...form },
  });
}

/** Approves the consent page like any HTTP client; returns the token response and the app. */
export async function connect(
  sandbox: TestSandbox,
  options: { loginHint?: string; scopes?: string; programmaticRefresh?: boolean } = {},
) {
  const redirectUri = "http://127.0.0.1:9/callback";
  const { json } = await sandbox.control("POST", "apps", {
    platform: "linkedin",
    redirectUris: [redirectUri],
    programmaticRefresh: options.programmaticRefresh ?? false,
  });
  const app = { client_id: stringAt(json, "clientId"), client_secret: stringAt(json, "clientSecret") };
  const code = await consent(sandbox, app.client_id, {
    redirectUri,
    scopes: options.scopes ?? "openid profile email w_member_social",
    ...(options.loginHint !== undefined && { loginHint: options.loginHint }),
  });
  return { app, tokens: await exchange(sandbox, { ...app, redirect_uri: redirectUri, code }) };
}

export async function consent(
  sandbox: TestSandbox,
  clientId: string,
  asked: { redirectUri: string; scopes: string; loginHint?: string },
): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: asked.redirectUri,
    state: "s1",
    scope: asked.scopes,
    ...(asked.loginHint !== undefined && { login_hint: asked.loginHint }),
  });
  const approved = await sandbox.call("POST", `${OAUTH}/authorization?${query}`, { form: { decision: "approve" } });
  return codeOf(approved);
}

/** The error, as named in the table of errors. */
export function errorOf({ status, json }: Answer): unknown[] {
  return [status, valueAt(json, "code") ?? valueAt(json, "errorDetails.inputErrors.0.code") ?? null];
}
