import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { loadConfig } from "../server/start/config.ts";
import { checkDisk } from "./doctor-limits.ts";
import { checkDataFolder, checkStorage } from "./doctor-storage.ts";

test("doctor creates no folders before the first start, and names a data folder that cannot be one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-doctor-"));
  const look = async (dataDir: string) => {
    const config = loadConfig({ AMPOST_DATA_DIR: dataDir });
    const data = await checkDataFolder(config);
    return data.status === "failed" ? [data] : [data, await checkStorage(config), await checkDisk(config)];
  };
  try {
    const findings = await look(join(folder, "not/yet"));
    assert.deepEqual(
      findings.map(({ status }) => status),
      ["ok", "ok", "ok"],
    );
    assert.deepEqual(
      findings.filter(({ message }) => message.endsWith("will be created at the first start")).length,
      2,
    );
    assert.deepEqual(await readdir(folder), []);

    await writeFile(join(folder, "file"), "");
    for (const dataDir of ["file", "file/data"]) {
      const [finding] = await look(join(folder, dataDir));
      assert.equal(finding?.status, "failed", dataDir);
      assert.match(finding?.cure ?? "", /AMPOST_DATA_DIR/);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
