import assert from "node:assert/strict";
import type { TestContext } from "node:test";

import {
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

/** A YouTube sandbox at 2026-11-01T12:00:00Z whose seeded channel has connected the seeded app. */
export interface YouTubeWorld extends Controls {
  sandbox: TestSandbox;
  token: string;
  refreshToken: string;
  channelId: string;
  api(
    method: string,
    path: string,
    options?: { json?: unknown; token?: string | null; bytes?: Buffer; type?: string },
  ): Promise<Answer>;
  /** Opens a session, whatever the result. */
  open(
    metadata: unknown,
    options?: { total?: number; query?: string; headers?: Record<string, string>; token?: string },
  ): Promise<Answer>;
  /** Opens a session, which must succeed, and returns its URL. */
  session(total: number, metadata?: unknown): Promise<string>;
  put(
    url: string,
    bytes: Buffer,
    options?: { range?: string; token?: string | null; headers?: Record<string, string> },
  ): Promise<Answer>;
  ask(url: string, total: number): Promise<Answer>;
  /** Uploads a video in one piece and returns the response to its last byte. */
  upload(bytes: Buffer, metadata?: unknown): Promise<Answer>;
  video(id: string, part?: string): Promise<Answer>;
}

export const API = "https://www.googleapis.com";
export const OAUTH = "https://oauth2.googleapis.com";
export const AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth";
export const SEEDED = {
  client_id: "123456789012-sandbox.apps.googleusercontent.com",
  client_secret: "GOCSPX-sandbox",
  redirect_uri: "https://app.example.test/cb",
};
export const UPLOAD_SCOPE = "https://www.googleapis.com/auth/youtube.upload";
export const ACCOUNT_SCOPE = "https://www.googleapis.com/auth/youtube";

export async function openYouTube(test: TestContext, options: Partial<SandboxOptions> = {}): Promise<YouTubeWorld> {
  const sandbox = await openSandbox(test, { startAt: START, ...options });
  const { json } = await exchange(sandbox, { code: "4/YTCODE1" });
  return useToken(sandbox, stringAt(json, "access_token"), stringAt(json, "refresh_token"));
}

/** One channel's calls on a running sandbox. */
export async function useToken(sandbox: TestSandbox, token: string, refreshToken = ""): Promise<YouTubeWorld> {
  const mine = await sandbox.call("GET", `${API}/youtube/v3/channels?part=id&mine=true`, { token });
  const world: YouTubeWorld = {
    ...controlsOf(sandbox, "youtube"),
    sandbox,
    token,
    refreshToken,
    channelId: mine.status === 200 ? String(valueAt(mine.json, "items.0.id")) : "",
    api: (method, path, { json, token: by = token, bytes, type = "application/json; charset=UTF-8" } = {}) =>
      sandbox.call(method, `${API}${path}`, {
        ...(by !== null && { token: by }),
        ...(json !== undefined && { headers: { "content-type": type }, body: JSON.stringify(json) }),
        ...(bytes !== undefined && { headers: { "content-type": type }, body: new Uint8Array(bytes) }),
      }),
    open: (metadata, { total, query = "uploadType=resumable&part=snippet,status", headers, token: by = token } = {}) =>
      sandbox.call("POST", `${API}/upload/youtube/v3/videos?${query}`, {
        token: by,
        body: JSON.stringify(metadata),
        headers: {
          "content-type": "application/json; charset=UTF-8",
          "x-upload-content-type": "video/mp4",
          ...(total !== undefined && { "x-upload-content-length": String(total) }),
          ...headers,
        },
      }),
    async session(total, metadata = video()) {
      const opened = await world.open(metadata, { total });
      assert.equal(opened.status, 200, opened.text);
      return opened.headers.get("location") ?? "";
    },
    put: (url, bytes, { range, token: by = token, headers } = {}) =>
      sandbox.call("PUT", url, {
        ...(by !== null && { token: by }),
        body: new Uint8Array(bytes),
        headers: { "content-type": "video/mp4", ...(range !== undefined && { "content-range": range }), ...headers },
      }),
    ask: (url, total) =>
      sandbox.call("PUT", url, { token, headers: { "content-range": `bytes */${total}`, "content-length": "0" } }),
    upload: async (bytes, metadata) => world.put(await world.session(bytes.length, metadata), bytes),
    video: (id, part = "snippet,status,processingDetails") =>
      world.api("GET", `/youtube/v3/videos?part=${part}&id=${id}`),
  };
  return world;
}

/** A video's metadata, private by default. */
export function video(snippet: Record<string, unknown> = {}, status: Record<string, unknown> = {}): unknown {
  return { snippet: { title: "A video", ...snippet }, status: { privacyStatus: "private", ...status } };
}

export function exchange(sandbox: TestSandbox, form: Record<string, string>): Promise<Answer> {
  return sandbox.call("POST", `${OAUTH}/token`, { form: { grant_type: "authorization_code", ...SEEDED, ...form } });
}

/** Approves the consent page like any HTTP client; returns the token response and the app. */
export async function connect(
  sandbox: TestSandbox,
  options: {
    loginHint?: string;
    ticked?: string[];
    query?: Record<string, string>;
    /** One that was connected before; otherwise a new one. */
    app?: { client_id: string; client_secret: string };
  } = {},
) {
  const redirectUri = "http://127.0.0.1:9/callback";
  const app = options.app ?? (await addApp(sandbox, redirectUri));
  const query = new URLSearchParams({
    client_id: app.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: `${UPLOAD_SCOPE} ${ACCOUNT_SCOPE}`,
    access_type: "offline",
    prompt: "consent",
    state: "s1",
    ...(options.loginHint !== undefined && { login_hint: options.loginHint }),
    ...options.query,
  });
  const body = new URLSearchParams({ decision: "approve" });
  for (const scope of options.ticked ?? [UPLOAD_SCOPE, ACCOUNT_SCOPE]) body.append("scope", scope);
  const approved = await sandbox.call("POST", `${AUTHORIZE}?${query}`, { body });
  const back = new URL(approved.headers.get("location") ?? "http://nowhere.test");
  const tokens = await exchange(sandbox, {
    ...app,
    redirect_uri: redirectUri,
    code: back.searchParams.get("code") ?? "",
  });
  return { app, back, tokens };
}

async function addApp(sandbox: TestSandbox, redirectUri: string) {
  const { json } = await sandbox.control("POST", "apps", { platform: "youtube", redirectUris: [redirectUri] });
  return { client_id: stringAt(json, "clientId"), client_secret: stringAt(json, "clientSecret") };
}

/** The error, as named in the table of errors. */
export function errorOf({ status, json }: Answer): unknown[] {
  return [status, valueAt(json, "error.errors.0.reason") ?? valueAt(json, "error") ?? null];
}
