import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { z } from "zod";

import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { type Installation, openInstallation } from "./installation.fixture.ts";

test("what went out after a backup does not go out again after its restore, here or on another machine with another database", async (t) => {
  const [here, there] = [
    await openInstallation(t, { database: "embedded" }),
    await openInstallation(t, { database: "empty" }),
  ];
  const caller = await openCaller(here);
  await here.start("sandbox");
  const api = await here.start("api");
  const worker = await here.start("worker");
  const past = await caller.publish();
  await here.until(async () => (await caller.status(past)) === "published");
  assert.equal(await worker.end("SIGTERM"), 0);
  // Nothing publishes it before the backup.
  const due = await caller.publish();
  const file = join(here.dataDir, "backup.tar");
  const written = await here.json("backup", file, "--json");
  assert.partialDeepStrictEqual(written, { posts: 2, files: 0, hasMedia: true });
  const next = await here.start("worker");
  await here.until(async () => (await caller.status(due)) === "published");
  const live = await caller.countLive();

  const whileRunning = await here.run(["restore", file, "--replace"]);
  assert.deepEqual([whileRunning.code, /Stop all of its processes/.test(whileRunning.stdout)], [3, true]);
  const tried = await here.run(["restore", file, "--replace", "--dry-run"]);
  assert.deepEqual([tried.code, /^Before you restore, stop .*\nNothing was changed\.$/m.test(tried.stdout)], [0, true]);
  assert.deepEqual([await next.end("SIGTERM"), await api.end("SIGTERM")], [0, 0]);
  const plan = await here.json("restore", file, "--dry-run", "--replace", "--json");
  assert.partialDeepStrictEqual(plan, { restored: false, problems: [], unsettled: 1, doubted: 1, posts: 2 });
  const once = await here.run(["restore", file]);
  assert.deepEqual([once.code, /not empty[^]*nothing was changed/.test(once.stdout)], [3, true], once.stdout);
  const twice = await here.run(["restore", file, "--replace"]);
  assert.deepEqual([twice.code, /^Restored\./m.test(twice.stdout)], [0, true], twice.stdout + twice.stderr);

  const withoutKey = await there.run(["restore", file]);
  assert.deepEqual([withoutKey.code, /which this instance does not have/.test(withoutKey.stdout)], [3, true]);
  const settings = {
    AMPOST_SANDBOX_URL: here.sandboxUrl,
    AMPOST_ENCRYPTION_KEY: (await readFile(join(here.dataDir, "encryption-key"), "utf8")).trim(),
  };
  const moved = await there.run(["restore", file], settings);
  assert.deepEqual([moved.code, /The instance is empty/.test(moved.stdout)], [0, true], moved.stdout + moved.stderr);

  for (const [installation, env] of [
    [here, {}],
    [there, settings],
  ] as const) {
    const servers = [await installation.start("api", env), await installation.start("worker", env)];
    await here.until(async () => (await caller.status(due, installation.url)) === "published");
    assert.equal(await caller.status(past, installation.url), "published");
    const status = await installation.run(["publishing", "status", "--json"], env);
    assert.partialDeepStrictEqual(JSON.parse(status.stdout), { publishing: "held", doubted: 0 });
    await installation.run(["publishing", "release"], env);
    assert.equal(await caller.countLive(), live, "nothing went out again");
    for (const server of servers) assert.equal(await server.end("SIGTERM"), 0);
  }
});

interface Caller {
  /** Returns the post's ID. */
  publish(): Promise<string>;
  status(id: string, url?: string): Promise<string>;
  /** By the sandbox's ledger. */
  countLive(): Promise<number>;
}

async function openCaller({ url: ownUrl, sandboxUrl, json }: Installation): Promise<Caller> {
  const { apiKey, platformSetId } = await json("bootstrap", "--json");
  const call = async (path: string, { body, url = ownUrl }: { body?: object; url?: string } = {}) => {
    const headers = { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json" };
    const answer = await fetch(
      url + path,
      body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) },
    );
    return z.object({ post: z.object({ id: z.string(), status: z.string() }) }).parse(await answer.json()).post;
  };
  return {
    publish: async () => {
      const content = { text: `Number ${performance.now()}` };
      const { id } = await call("/api/v1/posts", { body: { platformSetId, platforms: [EXAMPLE_PLATFORM], content } });
      await call(`/api/v1/posts/${id}/publish`, { body: {} });
      return id;
    },
    status: async (id, url) => (await call(`/api/v1/posts/${id}`, url === undefined ? {} : { url })).status,
    countLive: async () => {
      const shown: unknown = await (await fetch(`${sandboxUrl}/_sandbox/posts`)).json();
      return z.array(z.unknown()).parse(shown).length;
    },
  };
}
