import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { newPlatform } from "./new-platform.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test("a new platform has every file in its place, and its conformance tests are red", async (t) => {
  const root = await mkdtemp(join(tmpdir(), "ampost-new-"));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, "platforms"));
  for (const name of ["model", "node_modules"]) await symlink(join(ROOT, name), join(root, name));
  for (const name of await readdir(join(ROOT, "platforms")))
    await symlink(join(ROOT, "platforms", name), join(root, "platforms", name));

  await newPlatform("mastodon", join(root, "platforms"));
  const files = (await readdir(join(root, "platforms", "mastodon"))).sort();
  const expected = (await readdir(join(ROOT, "platforms", "threads"))).map((file) =>
    file.replace("threads", "mastodon"),
  );
  assert.deepEqual(
    files.filter((file) => !expected.includes(file)),
    [],
  );
  for (const file of files.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")))
    await import(join(root, "platforms", "mastodon", file));

  const run = spawnSync(process.execPath, ["--test", join(root, "platforms", "mastodon", "mastodon.test.ts")], {
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  assert.notEqual(run.status, 0);
  assert.match(run.stdout, /not among the platforms/);
});

test("a folder that is there is left alone, and a name has to be one", async () => {
  await assert.rejects(newPlatform("threads"), { code: "EEXIST" });
  for (const name of ["", "My Platform", "../x", "9gag", "X"]) await assert.rejects(newPlatform(name), /is no name/);
});
