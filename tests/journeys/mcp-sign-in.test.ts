import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import type { Page } from "playwright-core";
import { z } from "zod";

import { findFreePort } from "../../cli/free-port.ts";
import { openInstallation } from "../../cli/installation.fixture.ts";
import { assertUsable, fill, LONGEST_STEP_MILLISECONDS, openBrowser, press, step } from "../browser.ts";

const PASSWORD = "correct horse battery";

test("MCP clients without a key are authorized on a page, act within that, and are revoked again", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start", { AMPOST_ALLOW_PRIVATE_URLS: "true" });
  const { appUrl } = installation;
  const browser = await openBrowser(t);
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
  const page = await context.newPage();
  const program = await openProgram(t);
  const desk = createProvider(program.url, `${program.url}/client.json`);
  const old = createProvider(program.url, null);

  await step("the owner sets up the instance, and signs out", async () => {
    await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
    await page.goto(/http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "");
    await fill(page, { Name: "Olivia", Email: "owner@example.com", Password: PASSWORD });
    await press(page, "Set up");
    await press(page, "Account menu");
    await page.getByRole("menuitem", { name: "Sign out" }).press("Enter");
    await page.getByText("You have been signed out").waitFor();
  });

  await step("a client is rejected by the endpoint, discovers where to go, and sends its user there", async () => {
    await assert.rejects(connect(appUrl, desk.provider, "2026-07-28"), UnauthorizedError);
    await page.goto(desk.sentTo());
  });

  await step("the user signs in, sees who asks, and declines", async () => {
    await fill(page, { Email: "owner@example.com", Password: PASSWORD });
    await press(page, "Sign in");
    await page.getByRole("heading", { name: "Authorize “Writing Desk”?" }).waitFor();
    await assertUsable(page);
    await press(page, "Cancel");
    await page.getByText("The program has its answer").waitFor();
    const { error, state } = Object.fromEntries(new URL(page.url()).searchParams);
    assert.deepEqual([error, state], ["access_denied", desk.state()]);
  });

  await step("an invalid request leads back to the client only if the user clicks", async () => {
    await page.goto(desk.sentTo().replace("response_type=code", "response_type=token"));
    await page.getByText("response_type must be code").waitFor();
    await assertUsable(page);
    await page.getByRole("link", { name: `Back to ${new URL(program.url).host}` }).click();
    await page.getByText("The program has its answer").waitFor();
    assert.equal(new URL(page.url()).searchParams.get("error"), "unsupported_response_type");
  });

  await step("asked again, the user authorizes it for drafts in test mode", async () => {
    await letIn(page, appUrl, desk, "2026-07-28", async () => {
      await page.getByText("Limit access").click();
      await page.getByLabel("Drafts only").check();
    });
  });

  const { client, context: account } = await step("it acts for the user, within its authorization", async () => {
    const connected = await connect(appUrl, desk.provider, "2026-07-28", t);
    const { structuredContent } = await connected.callTool({ name: "account_context", arguments: {} });
    return {
      client: connected,
      context: z
        .looseObject({ mode: z.string(), name: z.string(), policies: z.looseObject({ draftOnly: z.boolean() }) })
        .parse(structuredContent),
    };
  });
  assert.deepEqual([account.mode, account.name, account.policies.draftOnly], ["test", "Olivia", true]);

  await step("when its access token has expired, it gets another one automatically", async () => {
    const before = desk.tokens();
    desk.replace({ ...before, access_token: `amp_access_${"x".repeat(43)}` });
    assert.notEqual((await client.callTool({ name: "account_context", arguments: {} })).isError, true);
    assert.notEqual(desk.tokens().refresh_token, before.refresh_token);
  });

  await step("a client of the older revision without metadata registers itself, and is authorized, too", async () => {
    await assert.rejects(connect(appUrl, old.provider, "2025-11-25"), UnauthorizedError);
    await letIn(
      page,
      appUrl,
      old,
      "2025-11-25",
      async () => void (await page.getByText("Anyone can use this name").waitFor()),
    );
    const connected = await connect(appUrl, old.provider, "2025-11-25", t);
    assert.ok((await connected.listTools()).tools.length > 10);
  });

  await step("the official suite accepts the authorization server", async () => {
    const port = await findFreePort();
    const registered = await fetch(`${appUrl}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_name: "Suite", redirect_uris: ["http://127.0.0.1/callback"] }),
    });
    const { client_id: id } = z.object({ client_id: z.string() }).parse(await registered.json());
    const suite = runSuite(t, [
      "authorization",
      "--url",
      appUrl,
      "--client-id",
      id,
      "--resource",
      `${appUrl}/mcp`,
      "--port",
      String(port),
      "--output-dir",
      join(installation.dataDir, "conformance"),
    ]);
    const address = () => new RegExp(`(${appUrl}/oauth/authorize\\?\\S+)\\s`).exec(suite.output())?.[1];
    await installation.until(async () => address() !== undefined || suite.hasEnded());
    await page.goto(address() ?? "");
    await press(page, "Authorize");
    await page.getByText("You can close this page").waitFor();
    assert.equal(await suite.ended, 0, suite.output());
    assert.match(suite.output(), /authorization-code-grant: 1 passed, 0 failed/);
  });

  await step("the user revokes it under MCP, and its access ends", async () => {
    const storageState = await context.storageState();
    const app = await (await browser.newContext({ viewport: { width: 360, height: 740 }, storageState })).newPage();
    app.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
    await app.goto(`${appUrl}/developers/mcp?mode=test`);
    await press(app, "Revoke Writing Desk");
    await assertUsable(app);
    await press(app, "Revoke");
    await app.getByText("The app's access was revoked.", { exact: true }).waitFor();
    await assert.rejects(client.callTool({ name: "account_context", arguments: {} }), UnauthorizedError);
    assert.equal(desk.tokens().access_token, "");
  });

  assert.equal(await server.end("SIGTERM"), 0);
});

/** Connects as a client of this revision. */
async function connect(
  appUrl: string,
  authProvider: OAuthClientProvider,
  revision: "2026-07-28" | "2025-11-25",
  t?: TestContext,
): Promise<Client> {
  const client = new Client(
    { name: "desk", version: "1" },
    { versionNegotiation: { mode: revision === "2026-07-28" ? { pin: revision } : "legacy" } },
  );
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(`${appUrl}/mcp`), { authProvider }));
  } catch (error) {
    await client.close();
    throw error;
  }
  t?.after(() => client.close());
  return client;
}

/** Opens the page that the client sent its user to, responds there, and takes the response back to the client. */
async function letIn(
  page: Page,
  appUrl: string,
  { provider, sentTo, state }: Provider,
  revision: "2026-07-28" | "2025-11-25",
  choose: () => Promise<void>,
): Promise<void> {
  await assert.rejects(connect(appUrl, provider, revision), UnauthorizedError);
  await page.goto(sentTo());
  await choose();
  await assertUsable(page);
  await press(page, "Authorize");
  await page.getByText("The program has its answer").waitFor();
  const answer = new URL(page.url()).searchParams;
  assert.equal(answer.get("state"), state());
  const transport = new StreamableHTTPClientTransport(new URL(`${appUrl}/mcp`), { authProvider: provider });
  await transport.finishAuth(answer);
  await transport.close();
}

/** A program on the user's machine, with a redirect URI and a client metadata document. */
async function openProgram(t: TestContext): Promise<{ url: string }> {
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host ?? ""}`;
    if (request.url === "/client.json")
      response.writeHead(200, { "content-type": "application/json" }).end(
        JSON.stringify({
          client_id: `${origin}/client.json`,
          client_name: "Writing Desk",
          redirect_uris: ["http://127.0.0.1/callback"],
          token_endpoint_auth_method: "none",
        }),
      );
    else response.writeHead(200, { "content-type": "text/html" }).end("<p>The program has its answer");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address !== "string");
  const { port }: AddressInfo = address;
  return { url: `http://127.0.0.1:${port}` };
}

interface Provider {
  provider: OAuthClientProvider;
  sentTo(): string;
  state(): string;
  tokens(): StoredOAuthTokens;
  replace(tokens: StoredOAuthTokens): void;
}

/** What the library requires of a client. Without an ID, the client registers itself. */
function createProvider(programUrl: string, clientId: string | null): Provider {
  const nothing: StoredOAuthTokens = { access_token: "", token_type: "Bearer" };
  let [information, tokens, verifier, asked, states]: [
    StoredOAuthClientInformation | undefined,
    StoredOAuthTokens,
    string,
    URL | undefined,
    number,
  ] = [clientId === null ? undefined : { client_id: clientId }, nothing, "", undefined, 0];
  let discovery: OAuthDiscoveryState | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl: `${programUrl}/callback`,
    clientMetadata: { client_name: "Old Desk", redirect_uris: [`${programUrl}/callback`] },
    state: () => `state-${(states += 1)}`,
    clientInformation: () => information,
    saveClientInformation: (saved) => void (information = saved),
    tokens: () => (tokens.access_token === "" ? undefined : tokens),
    saveTokens: (saved) => void (tokens = saved),
    redirectToAuthorization: (url) => void (asked = url),
    saveCodeVerifier: (saved) => void (verifier = saved),
    codeVerifier: () => verifier,
    discoveryState: () => discovery,
    saveDiscoveryState: (saved) => void (discovery = saved),
    invalidateCredentials: (what) => {
      if (what === "all" || what === "tokens") tokens = nothing;
    },
  };
  return {
    provider,
    sentTo: () => asked?.href ?? "",
    state: () => asked?.searchParams.get("state") ?? "",
    tokens: () => tokens,
    replace: (other) => void (tokens = other),
  };
}

/** The official conformance suite, which at some point waits for a user. */
function runSuite(
  t: TestContext,
  args: string[],
): { output(): string; hasEnded(): boolean; ended: Promise<number | null> } {
  const child = spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js")), ...args],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  t.after(() => child.kill("SIGKILL"));
  return {
    output: () => output,
    hasEnded: () => child.exitCode !== null,
    ended: new Promise((resolve) => child.once("close", resolve)),
  };
}
