import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Locator, Page } from "playwright-core";

import { catalog } from "../../platforms/catalog.ts";
import { press, step } from "../browser.ts";
import { installed, type Published } from "./installed.ts";

test("each snippet does what it says as it is, for the key that it has in it", async (t) => {
  const { appUrl: url, open, outThere, installation, until, troubles } = await installed(t);
  const page = await open({ viewport: { width: 1280, height: 900 } });
  const key = String((await installation.json("bootstrap", "--json"))["apiKey"]);
  const list = async (path: string) =>
    Object(
      await (await fetch(`${installation.url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } })).json(),
    );
  const run = await programs(t);
  const shown = async (within: Page | Locator, language: string) => {
    await within.getByRole("tab", { name: language }).click();
    return (await within.getByRole("region", { name: language, exact: true }).textContent()) ?? "";
  };
  const runAll = async (within: Page | Locator, done: (language: string, said: string) => Promise<void>) => {
    for (const language of ["curl", "TypeScript", "Python"] as const) {
      const said = await run(language, await shown(within, language));
      await done(language, said);
    }
    const config = await shown(within, "MCP");
    const request = (await within.getByRole("region", { name: "What to ask" }).textContent()) ?? "";
    await done("MCP", await asAgent(config, request));
  };

  await step("those of the first steps publish a post, although not every account takes a text alone", async () => {
    await page.goto(`${url}/?mode=test`);
    await press(page, /Create an API key/);
    await press(page, "Create a test key");
    await page.getByRole("region", { name: "Your key" }).waitFor();
    await page.getByText("Each of these publishes a post in the sandbox.").waitFor();
    let count = 0;
    let out: Published[] = [];
    await runAll(page, async (language, said) => {
      assert.match(said, /\bpublished\b/, language);
      count += 1;
      out = await outThere(count);
    });
    assert.deepEqual(
      out.map(({ text }) => text),
      ["MCP", "Python", "TypeScript", "curl"].map((language) => `Hello from Ampost, by ${language}!`),
    );
    assert.match(await run("curl", await shown(page, "curl")), /"status":"published"/, "it can be run again");
    await page.getByRole("button", { name: /Publish your first post.*Done/ }).waitFor();
  });

  await step("those of the first webhook create one", async () => {
    await press(page, /Create a webhook/);
    let count = 0;
    await runAll(page, async (language) => {
      count += 1;
      const { webhooks } = await list("/webhooks");
      assert.equal(webhooks.length, count, language);
    });
  });

  await step("those of a key for one platform are for that platform, and drafts if it cannot publish", async () => {
    await page.goto(`${url}/developers/keys?mode=test`);
    await press(page, "Create key");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("LinkedIn drafts");
    await dialog.getByText("Limits").click();
    await dialog.getByLabel("Drafts only").check();
    await dialog.getByLabel("LinkedIn").check();
    await dialog.getByRole("button", { name: "Create key" }).click();
    await dialog.getByText("Each of these creates a draft.").waitFor();
    let count = 0;
    await runAll(dialog, async (language) => {
      count += 1;
      const { posts } = await list("/posts?status=draft&platform=linkedin");
      assert.equal(posts.length, count, language);
    });
    await press(page, "Done");
    await press(page, "Create key");
    await dialog.getByLabel("Name").fill("Pictures");
    await dialog.getByText("Limits").click();
    await dialog.getByLabel("Instagram").check();
    await dialog.getByRole("button", { name: "Create key" }).click();
    await dialog.getByText("This key can post only where a post needs a picture or a video.").waitFor();
    await until(async () => (await outThere(5)).length === 5);
  });
  assert.deepEqual(troubles, []);
});

/** No program that a snippet is takes longer, unless it hangs. */
const LONGEST_PROGRAM_MILLISECONDS = 60_000;

/** Runs a snippet as a program, after the installation that it names. Resolves with its output; rejects if it fails. */
async function programs(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "ampost-snippets-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "package.json"), "{}");
  const ready = new Set<string>();
  /** What has been installed for a snippet is there for those with the same first line. */
  const isFirst = (line: string) => !ready.has(line) && ready.add(line).has(line);
  const start = (command: string, args: readonly string[], env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, ...env },
      timeout: LONGEST_PROGRAM_MILLISECONDS,
      killSignal: "SIGKILL",
    });
    assert.equal(status, 0, `${command} ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };
  return async (language: "curl" | "TypeScript" | "Python", text: string): Promise<string> => {
    const [first = ""] = text.split("\n");
    if (language === "curl") {
      const answer = start("bash", ["-e", "-o", "pipefail", "-c", text]);
      assert.equal(Object(JSON.parse(answer)).error, undefined, answer);
      return answer;
    } else if (language === "TypeScript") {
      assert.match(first, /^\/\/ npm install /);
      if (isFirst(first)) start("bash", ["-e", "-c", `${first.slice(3)} --no-audit --no-fund --cache ${folder}/cache`]);
      await writeFile(join(folder, "first.mts"), text);
      return start(process.execPath, ["first.mts"]);
    } else {
      assert.match(first, /^# pip install \S+\.whl$/);
      if (isFirst(first)) {
        // What pip does, which machines need not have.
        const wheel = await fetch(first.split(" ").at(-1) ?? "");
        await writeFile(join(folder, "ampost.whl"), Buffer.from(await wheel.arrayBuffer()));
        start("python3", ["-m", "zipfile", "-e", "ampost.whl", "packages"]);
      }
      await writeFile(join(folder, "first.py"), text);
      return start("python3", ["first.py"], { PYTHONPATH: join(folder, "packages") });
    }
  };
}

/**
 * Does what an agent with this configuration makes of the request, from nothing but its words. Resolves with the last
 * answer.
 */
async function asAgent(config: string, request: string): Promise<string> {
  const { type, url, headers } = Object(JSON.parse(config)).mcpServers.ampost;
  assert.equal(type, "http");
  const client = new Client({ name: "snippet", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  const call = async (name: string, given: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const answer = await client.callTool({ name, arguments: given });
    assert.notEqual(answer.isError, true, JSON.stringify(answer));
    return Object(answer.structuredContent);
  };
  const webhook = /^Create a webhook for (\S+)\.$/.exec(request);
  const post = /^(Publish|Write a draft of) "(.+)" on (.+) with the platform set (\S+)\.$/.exec(request);
  let last: Record<string, unknown>;
  if (webhook !== null) last = await call("webhooks_create", { url: webhook[1] });
  else {
    const [, verb, text, label, platformSetId] = post ?? assert.fail(request);
    const platform = Object.values(catalog).find(({ capabilities }) => capabilities.label === label)?.capabilities
      .platform;
    last = await call("posts_create", { content: { text }, platforms: [platform], platformSetId });
    if (verb === "Publish") last = await call("posts_publish", { id: Object(last.post).id, wait: 30 });
  }
  await client.close();
  return JSON.stringify(last);
}
