import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";

import type { Page } from "playwright-core";
import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { post } from "../../contract/operations/posts.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import { openCertificates } from "../../sandbox/certificates.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { allow, fill, launchBrowser, LONGEST_STEP_MILLISECONDS, press, step } from "../browser.ts";

const HOST = "ampost.example.test";
const APP_URL = `https://${HOST}`;
const TEXT_PLATFORMS = ["facebook", "twitter", "linkedin", "threads"] as const satisfies readonly PlatformName[];

test("from an empty configuration to the first live post, following the guide alone, against platforms under their real names over TLS", async (t) => {
  const production = await openProduction(t);
  const installation = await openInstallation(t);
  const proxy = await openProxy(t, production.folder, installation.url);
  const env = {
    AMPOST_API_URL: APP_URL,
    AMPOST_TRUST_PROXY: "1",
    AMPOST_TEST_HOSTS: JSON.stringify({ [HOST]: proxy.port, "*": production.port }),
    NODE_EXTRA_CA_CERTS: await production.trust(proxy.ca),
  };
  // A command is a process of its own, which finds the platforms as the server does.
  const hosts = `--import=${pathToFileURL(join(import.meta.dirname, "../production-hosts.ts")).href}`;
  const ampost = (args: string[], more: Record<string, string> = {}) =>
    installation.run(args, { ...env, NODE_OPTIONS: hosts, ...more });
  const guide = await readFile("docs/guides/connecting-accounts.md", "utf8");
  const names = (platform: PlatformName) => (variable: string) => variable.replace("PLATFORM", platform.toUpperCase());

  const apps: Record<string, string> = {};
  await step("the guide's command says what to register, and the portal gives an ID and a secret", async () => {
    const [, command = ""] = /ampost -- (review-pack --platform) threads/.exec(guide) ?? [];
    const variables = [...new Set(guide.match(/PLATFORM_CLIENT_(ID|SECRET)/g) ?? [])].sort();
    assert.equal(variables.length, 2);
    for (const platform of PLATFORM_NAMES) {
      const { code, stdout, stderr } = await ampost([...command.split(" "), platform, "--json"]);
      assert.equal(code, 0, stderr);
      const pack = packForm.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
      const app = await production.register(platform, pack.addresses.redirectUri);
      const [id = "", secret = ""] = variables.map(names(platform));
      apps[id] = app.clientId;
      apps[secret] = app.clientSecret;
    }
  });

  const server = await installation.start("start", { ...env, ...apps }, "production-hosts.ts");

  await step("doctor --live finds every app accepted", async () => {
    const { code, stdout } = await ampost(["doctor", "--live"], apps);
    assert.equal(code, 0, stdout);
    for (const platform of PLATFORM_NAMES)
      assert.ok(stdout.includes(`${catalog[platform].capabilities.label.padEnd(14)} accepts`), stdout);
    for (const secret of Object.values(apps)) assert.ok(secret.length < 20 || !stdout.includes(secret));
  });

  const page = await openPage(t, { [HOST]: proxy.port, "*": production.port });
  await step("the owner signs up with the printed link", async () => {
    await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
    await page.goto(/http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "");
    await fill(page, { Name: "Olivia", Email: "owner@example.com", Password: "correct horse battery" });
    await press(page, "Set up");
    await page.getByRole("heading", { name: "Hello, Olivia" }).waitFor();
  });

  await step("an account of each platform is connected at the platform's own address", async () => {
    await page.goto(`${APP_URL}/platforms?mode=live`);
    for (const platform of PLATFORM_NAMES) {
      await page.getByRole("link", { name: catalog[platform].capabilities.label, exact: true }).click();
      await page.getByRole("button", { name: /^Continue as/ }).waitFor();
      assert.doesNotMatch(page.url(), /sandbox|127\.0\.0\.1|localhost/);
      await allow(page);
    }
  });

  await step("the first live post is published, and its audience sees it", async () => {
    const { code, stdout, stderr } = await ampost(
      ["keys", "create", "--mode", "live", "--name", "first", "--json"],
      apps,
    );
    assert.equal(code, 0, stderr);
    const { apiKey } = z.object({ apiKey: z.string() }).parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
    const call = async (method: string, path: string, body?: object): Promise<unknown> => {
      const answer = await fetch(installation.url + path, {
        method,
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", prefer: "wait=60" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      assert.ok(answer.ok, await answer.clone().text());
      return await answer.json();
    };
    const { sets } = z
      .object({ sets: z.array(z.object({ id: z.string() })) })
      .parse(await call("GET", "/api/v1/platform-sets"));
    const answer = z.object({ post });
    const created = answer.parse(
      await call("POST", "/api/v1/posts", {
        platformSetId: sets[0]?.id,
        platforms: TEXT_PLATFORMS,
        content: { text: "The first one that everyone can see" },
      }),
    ).post;
    const published = answer.parse(await call("POST", `/api/v1/posts/${created.id}/publish`)).post;
    assert.equal(published.status, "published", JSON.stringify(published.platformPosts));
    assert.deepEqual(
      await production.published(),
      published.platformPosts.map(({ publishedUrl }) => publishedUrl).sort(),
    );
  });

  await step("doctor --live finds every account in order", async () => {
    const { code, stdout } = await ampost(["doctor", "--live"], apps);
    assert.equal(code, 0, stdout);
    assert.equal(stdout.match(/its profile can be read/g)?.length, PLATFORM_NAMES.length, stdout);
    assert.doesNotMatch(stdout, /FAILED/);
  });
  assert.equal(await server.end("SIGTERM"), 0);
});

const packForm = z.object({ addresses: z.object({ redirectUri: z.url() }) });

/** A sandbox that is the platforms by their real names. */
async function openProduction(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "ampost-production-"));
  const sandbox = await startSandbox({ port: 0, tlsPort: 0, dataDir: join(folder, "sandbox"), limits: true });
  t.after(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });
  assert.ok(sandbox.tls);
  const { port, caPath } = sandbox.tls;
  return {
    folder,
    port,
    /** A file with the authorities to trust. */
    async trust(ca: string): Promise<string> {
      const path = join(folder, "trusted.pem");
      await writeFile(path, [await readFile(caPath, "utf8"), await readFile(ca, "utf8")].join("\n"));
      return path;
    },
    /** What a person does on the developer portal. */
    async register(platform: PlatformName, redirectUri: string) {
      const answer = await fetch(`${sandbox.url}/_sandbox/apps`, {
        method: "POST",
        body: JSON.stringify({ platform, redirectUris: [redirectUri] }),
      });
      return z.object({ clientId: z.string(), clientSecret: z.string() }).parse(await answer.json());
    },
    /** The URLs of what an audience sees. */
    async published(): Promise<string[]> {
      const answer: unknown = await (await fetch(`${sandbox.url}/_sandbox/posts`)).json();
      return z
        .array(z.object({ url: z.string() }))
        .parse(answer)
        .map(({ url }) => url)
        .sort();
    },
  };
}

/** A TLS proxy in front of the installation. */
async function openProxy(t: TestContext, folder: string, target: string): Promise<{ port: number; ca: string }> {
  const { key, cert, caPath } = await openCertificates(folder, [HOST]);
  const server = createServer({ key, cert }, (incoming, outgoing) => {
    const headers = { ...incoming.headers, "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https" };
    const passed = request(new URL(incoming.url ?? "/", target), { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, ca: caPath };
}

/** A person's browser, in which the hosts are on these ports of this machine. */
async function openPage(t: TestContext, ports: Record<string, number>): Promise<Page> {
  const rules = Object.entries(ports).map(([host, port]) => `MAP ${host} 127.0.0.1:${port}`);
  const browser = await launchBrowser(`--host-resolver-rules=${rules.join(",")}`, "--ignore-certificate-errors");
  t.after(() => browser.close());
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
  return await context.newPage();
}
