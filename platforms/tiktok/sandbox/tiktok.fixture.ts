import assert from "node:assert/strict";
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

/** A TikTok sandbox at 2026-11-01T12:00:00Z, and one creator's calls. */
export interface TikTokWorld extends Controls {
  sandbox: TestSandbox;
  token: string;
  api(path: string, json?: unknown, token?: string): Promise<Answer>;
  init(
    size: number,
    changes?: { info?: Record<string, unknown>; source?: Record<string, unknown>; token?: string },
  ): Promise<Answer>;
  put(
    url: string,
    bytes: Buffer,
    range: { first: number; total: number },
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Starts a video and sends it in one chunk, which must succeed; returns its publish_id. */
  video(bytes: Buffer, info?: Record<string, unknown>): Promise<string>;
  photos(
    urls: readonly string[],
    changes?: { info?: Record<string, unknown>; source?: Record<string, unknown>; body?: Record<string, unknown> },
  ): Promise<Answer>;
  status(publishId: string, token?: string): Promise<Answer>;
}

export const API = "https://open.tiktokapis.com";
export const REDIRECT = "https://app.example.test/cb";
export const APP = { client_key: "sbaw0sandboxtiktok", client_secret: "tt-secret" };
export const UNAUDITED_APP = { client_key: "sbaw0unauditedtiktok", client_secret: "tt-unaudited-secret" };
const SCOPES = "user.info.basic,video.publish,video.upload,video.list";

export async function openTikTok(test: TestContext, options: Partial<SandboxOptions> = {}): Promise<TikTokWorld> {
  const sandbox = await openSandbox(test, { startAt: START, ...options });
  return useToken(sandbox, stringAt((await exchange(sandbox, "TKCODE1*0!1")).json, "access_token"));
}

/** A creator from a separate login hint on a running sandbox. */
export async function openCreator(
  sandbox: TestSandbox,
  loginHint: string,
  options: { app?: typeof APP; scopes?: string } = {},
): Promise<TikTokWorld> {
  const code = codeOf(await consent(sandbox, { loginHint, ...options }));
  return useToken(sandbox, stringAt((await exchange(sandbox, code, options.app)).json, "access_token"));
}

export function exchange(sandbox: TestSandbox, code: string, app = APP): Promise<Answer> {
  return sandbox.call("POST", `${API}/v2/oauth/token/`, {
    form: { ...app, code, grant_type: "authorization_code", redirect_uri: REDIRECT },
  });
}

export function refresh(sandbox: TestSandbox, token: string): Promise<Answer> {
  return sandbox.call("POST", `${API}/v2/oauth/token/`, {
    form: { ...APP, grant_type: "refresh_token", refresh_token: token },
  });
}

/** Approves the consent page like any HTTP client. */
export function consent(
  sandbox: TestSandbox,
  { loginHint, app = APP, scopes = SCOPES }: { loginHint?: string; app?: typeof APP; scopes?: string },
): Promise<Answer> {
  const query = new URLSearchParams({
    client_key: app.client_key,
    response_type: "code",
    scope: scopes,
    redirect_uri: REDIRECT,
    state: "s1",
    ...(loginHint !== undefined && { login_hint: loginHint }),
  });
  const form = new URLSearchParams({ decision: "approve" });
  for (const scope of scopes.split(",")) form.append("scope", scope);
  return sandbox.call("POST", `https://www.tiktok.com/v2/auth/authorize/?${query}`, { body: form });
}

function useToken(sandbox: TestSandbox, token: string): TikTokWorld {
  const world: TikTokWorld = {
    ...controlsOf(sandbox, "tiktok"),
    sandbox,
    token,
    api: (path, json, by = token) =>
      sandbox.call("POST", API + path, {
        token: by,
        headers: { "content-type": "application/json; charset=UTF-8" },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      }),
    init: (size, { info = {}, source = {}, token: by } = {}) =>
      world.api(
        "/v2/post/publish/video/init/",
        {
          post_info: {
            title: "Hello",
            privacy_level: "PUBLIC_TO_EVERYONE",
            disable_duet: false,
            brand_content_toggle: false,
            brand_organic_toggle: false,
            ...info,
          },
          source_info: { source: "FILE_UPLOAD", video_size: size, chunk_size: size, total_chunk_count: 1, ...source },
        },
        by,
      ),
    put: (url, bytes, { first, total }, headers = {}) =>
      sandbox.call("PUT", url, {
        headers: {
          "content-type": "video/mp4",
          "content-range": `bytes ${first}-${first + bytes.length - 1}/${total}`,
          ...headers,
        },
        body: new Uint8Array(bytes),
      }),
    async video(bytes, info) {
      const begun = await world.init(bytes.length, { info });
      assert.equal(begun.status, 200, begun.text);
      assert.equal(
        (await world.put(stringAt(begun.json, "data.upload_url"), bytes, { first: 0, total: bytes.length })).status,
        201,
      );
      return stringAt(begun.json, "data.publish_id");
    },
    photos: (urls, { info = {}, source = {}, body = {} } = {}) =>
      world.api("/v2/post/publish/content/init/", {
        post_mode: "DIRECT_POST",
        media_type: "PHOTO",
        post_info: { title: "A title", description: "Three views", privacy_level: "PUBLIC_TO_EVERYONE", ...info },
        source_info: { source: "PULL_FROM_URL", photo_cover_index: 0, photo_images: urls, ...source },
        ...body,
      }),
    status: (publishId, by) => world.api("/v2/post/publish/status/fetch/", { publish_id: publishId }, by),
  };
  return world;
}

/** Status and code, as named in the tables of errors. */
export function errorOf({ status, json }: Answer): unknown[] {
  return [status, valueAt(json, "error.code")];
}
