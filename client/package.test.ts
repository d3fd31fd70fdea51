import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { checkTypes } from "../packing/install.fixture.ts";
import { loadPages } from "../printing/pages.ts";
import { openBrowser } from "../tests/browser.ts";
import { createWorld, type World } from "../tests/world.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

let world: World;
let folder: string;
/** The package as npm installs it from the instance. */
let installed: string;
before(async () => {
  world = await createWorld();
  Object.assign(world.services.settings, { apiUrl: world.url });
  folder = await mkdtemp(join(tmpdir(), "ampost-client-"));
  installed = join(folder, "node_modules/@ampost/client");
  // Otherwise, npm installs into a folder above that has one.
  await writeFile(join(folder, "package.json"), "{}");
  const page = (await loadPages(world.services.settings)).find(({ path }) => path === "/docs/client")?.markdown ?? "";
  const [line = ""] = /^npm install .+$/m.exec(page) ?? [];
  assert.ok(line.startsWith(`npm install ${world.url}/packages/`), "the documentation shows the line");
  await run("bash", ["-e", "-c", `${line} --no-audit --no-fund --cache ${folder}/cache`], { cwd: folder });
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await world.close();
});

test("the package has no dependencies and imports only its own files", async () => {
  const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  assert.deepEqual(
    [manifest.dependencies, manifest.peerDependencies, manifest.private, manifest.scripts],
    [undefined, undefined, undefined, undefined],
  );
  const { stdout } = await run("grep", ["-rhoE", 'from "[^"]+"', "--include=*.js", "--include=*.d.ts", installed]);
  assert.deepEqual(
    [...new Set(stdout.match(/"[^"]+"/g))].filter((name) => !/^"\.\/[a-z-]+\.js"$/.test(name)),
    [],
  );
});

test("the package contains the build, its description and its license", async () => {
  const files = await readdir(installed);
  assert.deepEqual(files.filter((name) => !name.endsWith(".js")).sort(), [
    "LICENSE",
    "README.md",
    "index.d.ts",
    "package.json",
    "types.d.ts",
  ]);
  assert.equal(await readFile(join(root, "client/LICENSE"), "utf8"), await readFile(join(root, "LICENSE"), "utf8"));
});

test("an installed client works in plain JavaScript, and its types work in a separate project", async () => {
  const program = `import { AmpostError, createClient } from "@ampost/client";
const client = createClient({ apiKey: process.env.KEY ?? "", baseUrl: process.env.URL ?? "" });
const { accounts } = await client.accounts.list();
const code = await client.posts.get("01980b7a-6c00-7000-8000-000000000001").then(() => "none", (error) => (error instanceof AmpostError ? error.code : "other"));
console.log(accounts.length, code);
`;
  await writeFile(join(folder, "program.mjs"), program);
  const { stdout } = await run(process.execPath, ["program.mjs"], {
    cwd: folder,
    env: { ...process.env, KEY: world.test.key, URL: world.url },
  });
  assert.equal(stdout, "0 POST_NOT_FOUND\n");
  await writeFile(
    join(folder, "typed.mts"),
    'import { createClient, type Post } from "@ampost/client";\nexport const read = async (id: string): ' +
      'Promise<Post["status"]> => (await createClient({ apiKey: "" }).posts.get(id)).post.status;\n',
  );
  await cp(join(folder, "typed.mts"), join(folder, "typed.ts"));
  const settings = ["--lib", "es2023,dom"];
  await checkTypes(folder, ["typed.mts"], [...settings, "--module", "nodenext"]);
  const older = ["--module", "esnext", "--moduleResolution", "node10", "--ignoreDeprecations", "5.0"];
  await checkTypes(folder, ["typed.ts"], [...settings, ...older]);
});

test("the same files work in a browser, from a page of another origin", async (t) => {
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const site = createServer((request, response) => {
    const name = String(request.url).slice(1);
    if (!name.endsWith(".js")) response.setHeader("content-type", "text/html").end("<!doctype html>");
    else createReadStream(join(installed, name)).pipe(response.setHeader("content-type", "text/javascript"));
  });
  await once(site.listen(0, "127.0.0.1"), "listening");
  t.after(() => site.close());
  const address = site.address();
  await page.goto(`http://localhost:${typeof address === "object" ? address?.port : ""}/`);
  const photo = (await readFile(join(root, "tests/fixtures/photo-1x1.jpg"))).toString("base64");
  const seen: unknown = await page.evaluate(`(async () => {
    const { createClient } = await import("/index.js");
    const client = createClient(${JSON.stringify({ apiKey: world.test.key, baseUrl: world.url })});
    const photo = await (await fetch("data:image/jpeg;base64,${photo}")).blob();
    const progress = [];
    const { media } = await client.media.upload(new File([photo], "photo.jpg"), { onProgress: ({ sentBytes }) => progress.push(sentBytes) });
    const { sets } = await client.platformSets.list();
    return [media.mimeType, progress.at(-1) === photo.size, sets.length, await client.media.get(media.id.replace(/./g, "0")).catch(({ code }) => code)];
  })()`);
  assert.deepEqual(seen, ["image/jpeg", true, 1, "VALIDATION_FAILED"]);
});
