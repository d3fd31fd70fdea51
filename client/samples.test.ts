import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { openInstallation } from "../cli/installation.fixture.ts";
import { checkTypes, installPackage } from "../packing/install.fixture.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

/** What the README's samples assume. */
const GIVEN = `import { createClient as open, type NewPost } from "@ampost/client";
import { Webhook } from "standardwebhooks";
const client = open({ apiKey: process.env.AMPOST_API_KEY!, baseUrl: "http://localhost:3000" });
const platformSetId = (await client.platformSets.list()).sets[0]!.id;
const draft: NewPost = { platformSetId, platforms: [], content: { text: "To nobody" } };
const at = new Date();
const headers = { "webhook-id": "1", "webhook-timestamp": String(Math.floor(at.getTime() / 1000)), "webhook-signature": new Webhook(process.env.WEBHOOK_SECRET!).sign("1", at, '{"type":"webhook.test"}') };
const request = new Request("http://localhost/", { method: "POST", headers, body: '{"type":"webhook.test"}' });
`;

test("the samples of the README type-check and do what they say", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { apiKey } = await installation.json("bootstrap", "--json");
  const settings = {
    AMPOST_API_KEY: String(apiKey),
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  };
  const client = await installPackage(t, "@ampost/client");
  await symlink(join(client.folder, "node_modules"), join(installation.dataDir, "node_modules"));
  const readme = await readFile(join(root, "client/README.md"), "utf8");
  const samples = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, sample = ""]) => sample);
  const [first = "", ...others] = samples;
  const shown = ["", "", "console.log(media.status, post.content.media.length);", "console.log(event.type);"];
  const programs = [first, ...others.map((sample) => GIVEN + sample)].map((program, index) => program + shown[index]);
  await cp(join(root, "tests/fixtures/landscape-16x9.mp4"), join(installation.dataDir, "film.mp4"));
  const files = programs.map((_, index) => join(installation.dataDir, `sample-${index}.mts`));
  for (const [index, program] of programs.entries()) {
    const text = program.replaceAll(
      '"standardwebhooks"',
      JSON.stringify(join(root, "node_modules/standardwebhooks/dist/index.js")),
    );
    await writeFile(files[index] ?? "", text.replaceAll("http://localhost:3000", installation.url));
  }
  await checkTypes(
    installation.dataDir,
    files,
    ["--noUncheckedIndexedAccess", "--target", "es2024", "--module", "nodenext", "--skipLibCheck"].concat(
      "--typeRoots",
      join(root, "node_modules/@types"),
      "--types",
      "node",
    ),
  );

  const said = await Promise.all(
    files.map(
      async (file) =>
        await run(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
          cwd: installation.dataDir,
          env: { ...process.env, ...settings },
        }),
    ),
  );
  const [post, failure, media, event] = said;
  assert.match(post?.stdout ?? "", /published \[ 'threads: https:\/\/[^']+' \]\n$/);
  assert.match(failure?.stderr ?? "", /^\/platforms: /);
  assert.equal(media?.stdout.split("\n").at(-2), "ready 1");
  assert.equal(event?.stdout, "webhook.test\n");
  assert.equal(await server.end("SIGTERM"), 0);
});
