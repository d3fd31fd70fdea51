import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { openBrowser } from "../tests/browser.ts";
import { createWorld, type World } from "../tests/world.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

let world: World;
let folder: string;
/** The package as npm installs it. */
let installed: string;
before(async () => {
  world = await createWorld();
  folder = await mkdtemp(join(tmpdir(), "ampost-client-"));
  installed = join(folder, "node_modules/@ampost/client");
  await mkdir(installed, { recursive: true });
  await run(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", "client", "--outDir", join(installed, "dist")],
    { cwd: root },
  );
  await cp(join(root, "client/package.json"), join(installed, "package.json"));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await world.close();
});

test("the package has no dependencies and imports only its own files", async () => {
  const { dependencies, peerDependencies, files } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  assert.deepEqual([dependencies, peerDependencies, files], [undefined, undefined, ["dist"]]);
  const { stdout } = await run("grep", ["-rhoE", 'from "[^"]+"', join(installed, "dist")]);
  assert.deepEqual(
    [...new Set(stdout.match(/"[^"]+"/g))].filter((name) => !/^"\.\/[a-z-]+\.(js|ts)"$/.test(name)),
    [],
  );
});

test("the published package contains the build, its description and its license", async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: join(root, "client"),
  });
  const [packed]: { files: { path: string }[] }[] = JSON.parse(stdout);
  assert.deepEqual(
    packed?.files
      .map(({ path }) => path)
      .filter((path) => !path.startsWith("dist/"))
      .sort(),
    ["LICENSE", "README.md", "package.json"],
  );
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
  const { stdout } = await run(process.execPath, ["--no-experimental-strip-types", "program.mjs"], {
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
  const check = (...settings: string[]) =>
    run(
      process.execPath,
      [
        join(root, "node_modules/typescript/bin/tsc"),
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--lib",
        "es2023,dom",
        ...settings,
      ],
      { cwd: folder },
    );
  await check("--module", "nodenext", "typed.mts");
  await check("--module", "esnext", "--moduleResolution", "node10", "--ignoreDeprecations", "5.0", "typed.ts");
});

test("the same files work in a browser, from a page of another origin", async (t) => {
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const site = createServer((request, response) => {
    const name = String(request.url).slice(1);
    if (!name.endsWith(".js")) response.setHeader("content-type", "text/html").end("<!doctype html>");
    else createReadStream(join(installed, "dist", name)).pipe(response.setHeader("content-type", "text/javascript"));
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
