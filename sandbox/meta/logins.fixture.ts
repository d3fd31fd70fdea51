import assert from "node:assert/strict";

import type { PlatformName } from "../../model/platform-names.ts";
import { stringAt, valueAt, type Answer, type TestSandbox } from "../sandbox.fixture.ts";

/** Meta's four logins, as any client goes through them. */
export interface Login {
  name: string;
  platform: PlatformName;
  dialog: string;
  scopes: readonly string[];
  /** Exchanges a code for a short-lived token. */
  exchange(sandbox: TestSandbox, app: RegisteredApp, code: string): Promise<Answer>;
  /** A call that needs nothing but a token. */
  me: string;
}

export interface RegisteredApp {
  client_id: string;
  client_secret: string;
  redirect_uri: string;
}

const FACEBOOK = "https://graph.facebook.com/v25.0";

const byFacebook = (sandbox: TestSandbox, app: RegisteredApp, code: string): Promise<Answer> =>
  sandbox.call("GET", `${FACEBOOK}/oauth/access_token?${new URLSearchParams({ ...app, code })}`);

const FACEBOOK_LOGIN: Login = {
  name: "Facebook",
  platform: "facebook",
  dialog: "https://www.facebook.com/v25.0/dialog/oauth",
  scopes: ["pages_show_list", "pages_read_engagement", "pages_manage_posts"],
  exchange: byFacebook,
  me: `${FACEBOOK}/me`,
};

const INSTAGRAM_BY_FACEBOOK: Login = {
  name: "Instagram by Facebook",
  platform: "instagram",
  dialog: "https://www.facebook.com/v25.0/dialog/oauth",
  scopes: ["instagram_basic", "instagram_content_publish", "pages_show_list", "pages_read_engagement"],
  exchange: byFacebook,
  me: `${FACEBOOK}/me`,
};

const INSTAGRAM: Login = {
  name: "Instagram",
  platform: "instagram",
  dialog: "https://www.instagram.com/oauth/authorize",
  scopes: ["instagram_business_basic", "instagram_business_content_publish"],
  exchange: (sandbox, app, code) =>
    sandbox.call("POST", "https://api.instagram.com/oauth/access_token", {
      form: { ...app, grant_type: "authorization_code", code },
    }),
  me: "https://graph.instagram.com/v25.0/me",
};

const THREADS: Login = {
  name: "Threads",
  platform: "threads",
  dialog: "https://threads.com/oauth/authorize",
  scopes: ["threads_basic", "threads_content_publish"],
  exchange: (sandbox, app, code) =>
    sandbox.call(
      "GET",
      `https://graph.threads.net/oauth/access_token?${new URLSearchParams({ ...app, grant_type: "authorization_code", code })}`,
    ),
  me: "https://graph.threads.net/v1.0/me",
};

export const LOGINS = {
  facebook: FACEBOOK_LOGIN,
  instagramByFacebook: INSTAGRAM_BY_FACEBOOK,
  instagram: INSTAGRAM,
  threads: THREADS,
} as const;

/** An app from the developer portal, with these settings there. */
export async function registerApp(
  sandbox: TestSandbox,
  platform: PlatformName,
  settings: Record<string, unknown> = {},
): Promise<RegisteredApp> {
  const redirect_uri = "http://127.0.0.1:9/callback";
  const answer = await sandbox.control("POST", "apps", { platform, redirectUris: [redirect_uri], ...settings });
  assert.equal(answer.status, 201, answer.text);
  return {
    client_id: stringAt(answer.json, "clientId"),
    client_secret: stringAt(answer.json, "clientSecret"),
    redirect_uri,
  };
}

/** The dialog's address with these parameters in place of or besides the usual ones; undefined leaves one out. */
export function dialogUrl(
  login: Login,
  { client_id, redirect_uri }: RegisteredApp,
  changes: Record<string, string | undefined> = {},
): string {
  const all = Object.entries({ client_id, redirect_uri, scope: login.scopes.join(","), state: "s", ...changes });
  const query = new URLSearchParams();
  for (const [name, value] of all) if (value !== undefined) query.set(name, value);
  return `${login.dialog}?${query}`;
}

/** Presses the first button with every box checked except these, and returns where the person is sent. */
export async function approve(sandbox: TestSandbox, url: string, unchecked: readonly string[] = []): Promise<URL> {
  const shown = await sandbox.call("GET", url);
  const form = new URLSearchParams({ decision: "approve" });
  for (const [tag] of shown.text.matchAll(/<input [^<>]*>/g)) {
    const [, name = "", value = ""] = / name="(\w+)" value="([^"]*)"/.exec(tag) ?? [];
    if (name !== "" && !unchecked.includes(value)) form.append(name, value);
  }
  const answer = await sandbox.call("POST", url, { body: form });
  return new URL(answer.headers.get("location") ?? "about:blank");
}

/** A short-lived token of a new app, from the person who approves the dialog. */
export async function signIn(
  sandbox: TestSandbox,
  login: Login,
  options: {
    settings?: Record<string, unknown>;
    changes?: Record<string, string | undefined>;
    unchecked?: readonly string[];
  } = {},
): Promise<SignedIn> {
  const app = await registerApp(sandbox, login.platform, options.settings);
  const back = await approve(sandbox, dialogUrl(login, app, options.changes), options.unchecked);
  const answer = await login.exchange(sandbox, app, back.searchParams.get("code") ?? "");
  assert.equal(answer.status, 200, answer.text);
  return { app, token: stringAt(answer.json, "access_token") };
}

export interface SignedIn {
  app: RegisteredApp;
  token: string;
}

/** The Facebook login's long-lived user token. */
export async function longToken(sandbox: TestSandbox, { app, token }: SignedIn): Promise<string> {
  const query = new URLSearchParams({ ...app, grant_type: "fb_exchange_token", fb_exchange_token: token });
  const answer = await sandbox.call("GET", `${FACEBOOK}/oauth/access_token?${query}`);
  return stringAt(answer.json, "access_token");
}

/** `debug_token`, called by Facebook's apps and by Threads' people. */
export async function inspect(sandbox: TestSandbox, login: Login, { app, token }: SignedIn): Promise<unknown> {
  const isThreads = login.platform === "threads";
  const url = `${isThreads ? "https://graph.threads.net/v1.0" : FACEBOOK}/debug_token?input_token=${token}`;
  const answer = await sandbox.call("GET", url, { token: isThreads ? token : `${app.client_id}|${app.client_secret}` });
  return valueAt(answer.json, "data");
}
