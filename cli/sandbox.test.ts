import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { findFreePort } from "./free-port.ts";

test("ampost sandbox needs no database, and with --tls it answers clients that do as it prints", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-sandbox-"));
  const child = spawn(process.execPath, ["cli/ampost.js", "sandbox", "--tls", "0"], {
    cwd: join(import.meta.dirname, ".."),
    env: {
      ...process.env,
      AMPOST_DATA_DIR: dataDir,
      AMPOST_SANDBOX_PORT: String(await findFreePort()),
      DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(async () => {
    child.kill("SIGKILL");
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  while (!output.includes("CURL_CA_BUNDLE=")) output += String((await once(child.stdout, "data"))[0]);

  const port = Number(/host names is on port (\d+)/.exec(output)?.[1]);
  const ca = await readFile(/^export NODE_EXTRA_CA_CERTS=(.+)$/m.exec(output)?.[1] ?? "");
  assert.match(output, /^127\.0\.0\.1 .*\bapi\.linkedin\.com\b/m);
  const status = await new Promise((resolve, reject) => {
    const servername = "api.linkedin.com";
    request({ host: "127.0.0.1", port, servername, ca, path: "/v2/userinfo", headers: { host: servername } })
      .on("response", (answer) => resolve(answer.resume().statusCode))
      .on("error", reject)
      .end();
  });
  assert.equal(status, 401);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
