import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { addMigration, copyThisVersion, endOf } from "../bench/faults/trees.ts";
import { findFreePort } from "../cli/free-port.ts";
import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { createTestDatabase } from "./database.ts";

const root = join(import.meta.dirname, "..");

test("the guides start two API processes and two workers as printed, and replace them by a newer version", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-guides-"));
  const database = await createTestDatabase({ migrated: false });
  await symlink(root, join(folder, "ampost"));
  const newer = await copyThisVersion(join(folder, "ampost-new"));
  const end = String(await endOf(root)).padStart(4, "0");
  await addMigration(
    newer,
    "9001_next",
    `-- compatible with: ${end}\n-- locks: posts\nalter table posts add n integer;`,
  );
  const ports = new Map<string, string>();
  for (const port of ["3000", "3010", "3001", "3002", "3012", "8080"]) ports.set(port, String(await findFreePort()));
  const here = (text: string) =>
    text
      .replaceAll(/^export DATABASE_URL=.*$/gm, `export DATABASE_URL='${database.url}'`)
      .replaceAll(/\b(3000|3010|3001|3002|3012|8080)\b/g, (port) => ports.get(port) ?? "");
  const [upgrading, scaling] = [await blocksOf("upgrading"), await blocksOf("scaling-out")];
  assert.deepEqual([upgrading.length, scaling.length], [2, 1]);
  const [apis = "", workers = ""] = upgrading;
  await mkdir(join(folder, "data"));

  const shell = openShell(join(folder, "ampost"), {
    AMPOST_DATA_DIR: join(folder, "data"),
    AMPOST_SANDBOX_PORT: ports.get("3001") ?? "",
    AMPOST_ENGINE_SPEED: "10",
  });
  t.after(async () => {
    await shell.end();
    await database.drop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  await shell.run(here(scaling.join("\n")));
  const output = await shell.run("node cli/ampost.js bootstrap --json");
  const { apiKey, platformSetId } = Object(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
  const publishOn = async (port: string) => {
    const call = async (path: string, options: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json", prefer: "wait=60" };
      const answer = await fetch(`http://127.0.0.1:${ports.get(port)}${path}`, { method: "POST", headers, ...options });
      return Object(Object(await answer.json()).post);
    };
    const content = { text: `Over ${port}` };
    const { id } = await call("/api/v1/posts", {
      body: JSON.stringify({ platformSetId, platforms: [EXAMPLE_PLATFORM], content }),
    });
    assert.equal((await call(`/api/v1/posts/${id}/publish`)).status, "published", `over ${port}`);
  };
  await publishOn("3000");
  await publishOn("3010");

  assert.match(
    await shell.run("(cd ../ampost-new && node cli/ampost.js upgrade --check)"),
    /its processes can keep running/,
  );
  await shell.run(here(apis));
  // Of the newer version, which has migrated, and of the older one.
  await publishOn("3000");
  await publishOn("3010");
  await shell.run(here(workers));
  await publishOn("3010");
  const names = await database.pool.query("select 1 from schema_migrations where name = '9001_next'");
  assert.equal(names.rowCount, 1);
  await shell.run("for each in $API_1 $API_2 $WORKER_1 $WORKER_2 $SANDBOX; do kill -TERM $each; wait $each; done");
});

async function blocksOf(page: string): Promise<string[]> {
  const text = await readFile(join(root, `docs/guides/${page}.md`), "utf8");
  return [...text.matchAll(/^```bash\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
}

/** A shell as a person has it open, in which everything that is entered must succeed. */
function openShell(cwd: string, env: Record<string, string>) {
  const PATH = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
  const child = spawn("bash", ["-e"], {
    // As `cd` does: the folder is reached over a link.
    env: { ...process.env, ...env, PATH, PWD: cwd },
    cwd,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let [said, complained] = ["", ""];
  let heard = Promise.withResolvers<void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    heard.resolve();
    heard = Promise.withResolvers();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complained += text));
  let count = 0;
  return {
    /** With everything that it has started. */
    end: async () => {
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
        // All of it has ended.
      }
      await ended;
    },
    /** Resolves with what it wrote; rejects if it failed. */
    run: async (lines: string): Promise<string> => {
      count += 1;
      const [from, done] = [said.length, `done ${count} ${crypto.randomUUID()}`];
      child.stdin.write(`${lines}\necho "${done}"\n`);
      const failed = ended.then(() => assert.fail(`It ended: ${said.slice(-2000)}\n${complained.slice(-4000)}`));
      failed.catch(() => undefined);
      while (!said.includes(done)) await Promise.race([heard.promise, failed]);
      return said.slice(from, said.indexOf(done));
    },
  };
}
