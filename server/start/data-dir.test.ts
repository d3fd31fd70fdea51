import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { createDiskStorage } from "../storage/disk.ts";
import { newStorageKey } from "../storage/storage.ts";
import { closeDataDir } from "./data-dir.ts";

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test("the data folder is closed to the machine's other users from the start, even one left open by an earlier version", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-data-dir-"));
  t.after(() => rm(folder, { recursive: true }));
  const databaseUrl = "postgresql://elsewhere/ampost";
  const fresh = join(folder, "fresh");
  await closeDataDir({ dataDir: fresh, databaseUrl });
  assert.equal(await modeOf(fresh), "700");
  const old = join(folder, "old");
  for (const name of ["storage", "sandbox"]) await mkdir(join(old, name), { recursive: true });
  await writeFile(join(old, "sandbox/sandbox.sqlite"), "");
  for (const path of [old, join(old, "storage"), join(old, "sandbox")]) await chmod(path, 0o755);
  await closeDataDir({ dataDir: old, databaseUrl });
  assert.deepEqual(await Promise.all([old, join(old, "storage"), join(old, "sandbox")].map(modeOf)), [
    "700",
    "700",
    "700",
  ]);
});

test("every server closes the data folder when it starts, also one that was left open", async (t) => {
  const installation = await openInstallation(t);
  const folders = [installation.dataDir, join(installation.dataDir, "storage"), join(installation.dataDir, "mail")];
  for (const command of ["api", "worker"] as const) {
    for (const folder of folders) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o755);
    }
    const server = await installation.start(command);
    assert.deepEqual(await Promise.all(folders.map(modeOf)), ["700", "700", "700"], command);
    assert.equal(await server.end("SIGTERM"), 0);
  }
});

test("a data folder that cannot be used is reported with the variable that sets it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-data-dir-"));
  t.after(() => rm(folder, { recursive: true }));
  const dataDir = join(folder, "file");
  await writeFile(dataDir, "");
  for (const unusable of [dataDir, join(dataDir, "below")])
    await assert.rejects(
      closeDataDir({ dataDir: unusable, databaseUrl: null }),
      /^Error: The data folder \S+ cannot be used \(E[A-Z]+\)\. Set AMPOST_DATA_DIR to a folder/,
    );
});

test("stored media is readable only by its owner", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-data-dir-"));
  t.after(() => rm(folder, { recursive: true }));
  const storage = await createDiskStorage(join(folder, "storage"));
  const key = newStorageKey();
  await storage.put(key, Readable.from([Buffer.from("bytes")]));
  assert.deepEqual(
    [await modeOf(join(folder, "storage")), await modeOf(join(folder, "storage/objects", key))],
    ["700", "600"],
  );
});
