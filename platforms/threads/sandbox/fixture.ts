import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { openSandbox, type Answer, type TestSandbox } from "../../../sandbox/fixture.ts";
import type { SandboxOptions } from "../../../sandbox/server.ts";

/** A Threads sandbox at 2026-11-01T12:00:00Z whose seeded person has connected the seeded app. */
export interface ThreadsWorld {
  sandbox: TestSandbox;
  token: string;
  get(path: string, params?: Record<string, string>, token?: string): Promise<Answer>;
  post(path: string, form: Record<string, string>, token?: string): Promise<Answer>;
  remove(path: string): Promise<Answer>;
  advance(seconds: number): Promise<void>;
  /** Creates a container, which has to succeed, and gives its id. */
  create(form: Record<string, string>): Promise<string>;
  status(id: string): Promise<Answer>;
  /** Creates, waits until it is finished, publishes, and gives the media id. */
  publish(form: Record<string, string>): Promise<string>;
  fault(fault: Record<string, unknown>): Promise<void>;
  posts(): Promise<Record<string, unknown>[]>;
}

export const GRAPH = "https://graph.threads.net";
export const START = new Date("2026-11-01T12:00:00Z");

export async function openThreads(test: TestContext, options: Partial<SandboxOptions> & { scopes?: string[] } = {}): Promise<ThreadsWorld> {
  const { scopes, ...sandboxOptions } = options;
  const sandbox = await openSandbox(test, { startAt: START, ...sandboxOptions });
  const token = scopes ? await connect(sandbox, scopes) : await seededToken(sandbox);
  const query = (params: Record<string, string>) => (Object.keys(params).length > 0 ? `?${new URLSearchParams(params)}` : "");
  const world: ThreadsWorld = {
    sandbox,
    token,
    get: (path, params = {}, by = token) => sandbox.call("GET", `${GRAPH}/v1.0${path}${query(params)}`, { token: by }),
    post: (path, form, by = token) => sandbox.call("POST", `${GRAPH}/v1.0${path}`, { form, token: by }),
    remove: (path) => sandbox.call("DELETE", `${GRAPH}/v1.0${path}`, { token }),
    async advance(seconds) {
      assert.equal((await sandbox.control("POST", "clock", { advanceSeconds: seconds })).status, 200);
    },
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
    async fault(fault) {
      const answer = await sandbox.control("POST", "faults", { platform: "threads", ...fault });
      assert.equal(answer.status, 201, answer.text);
    },
    async posts() {
      return listAt((await sandbox.control("GET", "posts?platform=threads")).json);
    },
  };
  return world;
}

/** Approves the consent page as any HTTP client would, and exchanges the code for a long token. */
export async function connect(sandbox: TestSandbox, scopes: string[], loginHint?: string): Promise<string> {
  const redirectUri = "http://127.0.0.1:9/callback";
  const { json } = await sandbox.control("POST", "apps", { platform: "threads", redirectUris: [redirectUri] });
  const [client_id, client_secret] = [stringAt(json, "clientId"), stringAt(json, "clientSecret")];
  const query = new URLSearchParams({ client_id, redirect_uri: redirectUri, scope: scopes.join(","), response_type: "code", ...(loginHint && { login_hint: loginHint }) });
  const approved = await sandbox.call("POST", `https://threads.net/oauth/authorize?${query}`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: ["decision=approve", ...scopes.map((scope) => `scope=${scope}`)].join("&"),
  });
  const code = new URL(approved.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const short = await sandbox.call("POST", `${GRAPH}/oauth/access_token`, { form: { client_id, client_secret, grant_type: "authorization_code", redirect_uri: redirectUri, code } });
  const long = await sandbox.call("GET", `${GRAPH}/access_token?${new URLSearchParams({ grant_type: "th_exchange_token", client_secret, access_token: stringAt(short.json, "access_token") })}`);
  return stringAt(long.json, "access_token");
}

export function exchangeSeededCode(sandbox: TestSandbox): Promise<Answer> {
  return sandbox.call("POST", `${GRAPH}/oauth/access_token`, {
    form: { client_id: "990602627938098", client_secret: "th-secret", grant_type: "authorization_code", redirect_uri: "https://app.example.test/cb", code: "THCODE1" },
  });
}

async function seededToken(sandbox: TestSandbox): Promise<string> {
  const short = stringAt((await exchangeSeededCode(sandbox)).json, "access_token");
  const long = await sandbox.call("GET", `${GRAPH}/access_token?grant_type=th_exchange_token&client_secret=th-secret&access_token=${short}`);
  return stringAt(long.json, "access_token");
}

/** The string at a dotted path; a test that looks for what isn't there fails here. */
export function stringAt(value: unknown, path: string): string {
  const found = valueAt(value, path);
  assert.equal(typeof found, "string", `${path} of ${JSON.stringify(value)}`);
  return String(found);
}

export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split(".")) at = typeof at === "object" && at !== null ? Object.entries(at).find(([name]) => name === part)?.[1] : undefined;
  return at;
}

export function listAt(value: unknown, path?: string): Record<string, unknown>[] {
  const list = path === undefined ? value : valueAt(value, path);
  assert.ok(Array.isArray(list), `a list in ${JSON.stringify(value)}`);
  return list;
}

/** The error without the trace id, which no one can foresee. */
export function errorOf(answer: Answer): Record<string, unknown> {
  const error = valueAt(answer.json, "error");
  assert.ok(typeof error === "object" && error !== null, answer.text);
  return Object.fromEntries(Object.entries(error).filter(([name]) => name !== "fbtrace_id"));
}

export function codesOf(answer: Answer): (unknown)[] {
  const { code, error_subcode: subcode } = errorOf(answer);
  return subcode === undefined ? [answer.status, code] : [answer.status, code, subcode];
}
