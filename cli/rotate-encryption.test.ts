import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { z } from "zod";

import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { type Installation, openInstallation } from "./installation.fixture.ts";

test("a running server keeps publishing while the key is rotated, and unused keys can be removed", async (t) => {
  const installation = await openInstallation(t);
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const server = await installation.start("start");
  const publish = () => publishOne(installation, String(apiKey), String(platformSetId));
  const during = [publish(), publish(), publish()];
  const rotation = await installation.json("keys", "rotate-encryption", "--json");
  assert.deepEqual([rotation.newKey, rotation.left, rotation.unreadable], [true, 0, 0]);
  assert.ok(Number(rotation.resealed) > 10);
  assert.deepEqual(await Promise.all([...during, publish()]), ["published", "published", "published", "published"]);
  const checks = await doctor(installation);
  assert.ok(
    checks.some(({ status, message }) => status === "ok" && message.includes("no longer seals anything")),
    JSON.stringify(checks),
  );
  assert.equal(await server.end("SIGTERM"), 0);

  const written = (await readFile(join(installation.dataDir, "encryption-key"), "utf8")).trim().split("\n");
  assert.equal(written.length, 2);
  const own = randomBytes(32).toString("base64");
  const { stdout } = await installation.run(["keys", "rotate-encryption", "--json"], {
    AMPOST_ENCRYPTION_KEY: [own, ...written].join(","),
  });
  const configured: Record<string, unknown> = JSON.parse(stdout);
  assert.deepEqual([configured.newKey, configured.resealed], [false, rotation.resealed]);
  assert.ok((await doctor(installation, own)).every(({ status }) => status === "ok"));
  assert.ok((await doctor(installation)).some(({ status }) => status === "failed"));
});

test("a wrong or missing key is one clear error at the start of every server, and nothing starts", async (t) => {
  const installation = await openInstallation(t);
  await installation.json("keys", "create", "--mode", "test", "--name", "first", "--json");
  const elsewhere = await mkdtemp(join(tmpdir(), "ampost-elsewhere-"));
  t.after(() => rm(elsewhere, { recursive: true, force: true }));
  const wrong: Record<string, string>[] = [
    { AMPOST_ENCRYPTION_KEY: randomBytes(32).toString("base64") },
    { AMPOST_DATA_DIR: elsewhere },
  ];
  for (const server of ["api", "worker", "start"]) {
    for (const env of wrong) {
      const { code, stderr } = await installation.run([server], env);
      const said = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
      assert.deepEqual([code, said.length], [1, 1], stderr);
      assert.match(
        said[0] ?? "",
        /^The encryption key does not match the one that sealed this database's tokens\. Set AMPOST_ENCRYPTION_KEY to the earlier key/,
      );
    }
  }
  assert.deepEqual(await installation.processes(), []);
});

async function doctor(installation: Installation, key = "") {
  const { stdout } = await installation.run(["doctor", "--json"], { AMPOST_ENCRYPTION_KEY: key });
  const { checks } = z
    .object({ checks: z.array(z.object({ name: z.string(), status: z.string(), message: z.string() })) })
    .parse(JSON.parse(stdout));
  return checks.filter(({ name }) => name === "encryption key");
}

async function publishOne({ url }: Installation, key: string, platformSetId: string): Promise<string> {
  const send = async (path: string, body?: object) => {
    const headers = {
      authorization: `Bearer ${key}`,
      prefer: "wait=30",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const answer = await fetch(url + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return z.object({ post: z.object({ id: z.string(), status: z.string() }) }).parse(await answer.json()).post;
  };
  const { id } = await send("/api/v1/posts", {
    platformSetId,
    platforms: [EXAMPLE_PLATFORM],
    content: { text: `At ${performance.now()}` },
  });
  return (await send(`/api/v1/posts/${id}/publish`)).status;
}
