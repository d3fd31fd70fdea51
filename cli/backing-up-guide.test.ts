import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { readBlocks } from "../tests/samples/run-samples.ts";
import { openInstallation } from "./installation.fixture.ts";

const GUIDE = join(import.meta.dirname, "../docs/guides/backing-up.md");

test("the guide's commands back up a running instance, and restore it once it is stopped", async (t) => {
  const blocks = readBlocks(await readFile(GUIDE, "utf8")).map(({ code }) => code);
  const [backUp = "", dryRun = "", restore = "", status = "", release = "", ...others] = blocks;
  assert.deepEqual(others, []);
  const installation = await openInstallation(t, { database: "embedded" });
  const run = async (lines: string) => {
    const { code, stdout, stderr } = await installation.shell(`HOME='${installation.dataDir}'\n${lines}`);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  await installation.json("bootstrap", "--json");
  const server = await installation.start("start");
  assert.match(await run(backUp), /^Wrote .*monday\.tar .*0 posts/);
  const key = (await readFile(join(installation.dataDir, "encryption-key"), "utf8")).trim();
  assert.ok(!(await readFile(join(installation.dataDir, "ampost-backups/monday.tar"))).includes(key));
  assert.equal(await server.end("SIGTERM"), 0);
  assert.match(await run(dryRun), /Everything in the instance is replaced[^]*Nothing was changed\./);
  assert.match(await run(restore), /^Restored\./m);
  const restored = await installation.start("start");
  assert.match(await run(status), /Publishing has been on hold since/);
  assert.match(await run(release), /Publishing has resumed\./);
  assert.equal(await restored.end("SIGTERM"), 0);
});
