import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { findFreePort } from "../cli/free-port.ts";
import { openInstallation } from "../cli/installation.fixture.ts";
import type * as Client from "../client/index.ts";
import { checkTypes, installPackage } from "./install.fixture.ts";
import { toJavaScript } from "./javascript.ts";
import { versionOfAll } from "./packages.ts";
import { toTarball } from "./tarball.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

test("types are removed, lines stay where they are, and imports name the files of the package", () => {
  const source =
    'import type { A } from "./a.ts";\nimport { b } from "../b.ts";\nexport const c: A = b(await import("./d.ts"));\n';
  assert.deepEqual(
    toJavaScript("x.ts", source)
      ?.split("\n")
      .map((line) => line.trim().replaceAll(/ +/g, " ")),
    ["", 'import { b } from "../b.js";', 'export const c = b(await import("./d.js"));', ""],
  );
  assert.equal(toJavaScript("types.ts", "export type A = 1;\n"), null);
});

test("archives have the same bytes every time, and long paths", async (t) => {
  const { folder } = await installPackage(t, "@ampost/client");
  const files = [
    { path: `${"long-folder/".repeat(12)}file.js`, bytes: Buffer.from("x".repeat(600)), isExecutable: true },
  ];
  const archive = toTarball(files);
  assert.deepEqual(archive, toTarball(files));
  await writeFile(join(folder, "long.tgz"), archive);
  const { stdout } = await run("tar", ["tvzf", join(folder, "long.tgz")]);
  assert.match(stdout, /^-rwxr-xr-x .* 600 .* package\/(long-folder\/){12}file\.js$/m);
});

test("all packages are written by one command, and name their repository if it is known", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-packages-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const url = "git+https://git.example.com/ampost.git";
  await run(process.execPath, ["packing/pack.ts", "--to", folder, "--repository", url], { cwd: root });
  const version = await versionOfAll();
  assert.deepEqual((await readdir(folder)).sort(), [
    `ampost-${version}-py3-none-any.whl`,
    `ampost-${version}.tgz`,
    `ampost-client-${version}.tgz`,
    `ampost-sandbox-${version}.tgz`,
    `n8n-nodes-ampost-${version}.tgz`,
  ]);
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(".tgz"))) {
    const { stdout } = await run("tar", ["xzOf", join(folder, name), "package/package.json"]);
    const manifest = JSON.parse(stdout);
    assert.deepEqual(
      [manifest.repository, manifest.version, manifest.private],
      [{ type: "git", url }, version, undefined],
    );
  }
});

test("all packages have the version of the whole", async () => {
  const version = await versionOfAll();
  for (const folder of ["client", "integrations/n8n"])
    assert.equal(JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")).version, version, folder);
});

test("the sandbox runs from its package, as a command and as a module with types", async (t) => {
  const { folder, path, manifest } = await installPackage(t, "@ampost/sandbox");
  assert.deepEqual(await typeScriptIn(path), []);
  const port = await findFreePort();
  const child = spawn(process.execPath, [join(path, "sandbox/ampost-sandbox.js"), "--port", String(port)], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [said] = await once(child.stdout.setEncoding("utf8"), "data");
  assert.equal(said, `The sandbox is ready at http://127.0.0.1:${port}\n`);
  const readme = await readFile(join(path, "README.md"), "utf8");
  const steps = [...readme.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, lines = ""]) => lines).slice(1);
  await run("bash", ["-e", "-c", steps.join("\n").replaceAll("http://127.0.0.1:3001", `http://127.0.0.1:${port}`)]);
  const posts: unknown = await (await fetch(`http://127.0.0.1:${port}/_sandbox/posts`)).json();
  assert.match(JSON.stringify(posts), /"text":"Hello from the sandbox"/);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "close"), [0, null]);

  await writeFile(
    join(folder, "program.mts"),
    'import { startSandbox, type Sandbox } from "@ampost/sandbox";\n' +
      'const sandbox: Sandbox = await startSandbox({ port: 0, dataDir: "state", limits: true });\n' +
      "console.log((await fetch(`${sandbox.url}/_sandbox/posts`)).status);\nawait sandbox.close();\n",
  );
  await checkTypes(
    folder,
    ["program.mts"],
    ["--module", "nodenext", "--types", "node", "--typeRoots", join(root, "node_modules/@types")],
  );
  const { stdout } = await run(process.execPath, ["--disable-warning=ExperimentalWarning", "program.mts"], {
    cwd: folder,
  });
  assert.equal(stdout, "200\n");
  assert.equal(manifest["private"], undefined);
});

test("the product runs from its package, serves the client of its version, and publishes a post", async (t) => {
  const { folder, path, manifest } = await installPackage(t, "ampost");
  assert.deepEqual(await typeScriptIn(path), []);
  const installation = await openInstallation(t, {
    database: "embedded",
    program: join(path, "cli/ampost.js"),
    folder,
  });
  const { stdout: version } = await installation.run(["--version"]);
  assert.equal(version, `${manifest.version}\n`);
  const server = await installation.start("start");
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const archive = await fetch(`${installation.url}/packages/ampost-client-${manifest.version}.tgz`);
  const { path: ours } = await installPackage(t, "@ampost/client");
  await writeFile(join(folder, "client.tgz"), Buffer.from(await archive.arrayBuffer()));
  await run("mkdir", ["-p", "served"], { cwd: folder });
  await run("tar", ["xzf", "client.tgz", "-C", "served", "--strip-components=1"], { cwd: folder });
  await run("diff", ["-r", join(folder, "served"), ours]);
  const { createClient }: typeof Client = await import(join(folder, "served/index.js"));
  const client = createClient({ apiKey: String(apiKey), baseUrl: installation.url });
  const { post } = await client.posts.create({
    platformSetId: String(platformSetId),
    platforms: ["threads"],
    content: { text: "From an installed package" },
  });
  const { post: published } = await client.posts.publish(post.id, { waitSeconds: 60 });
  assert.equal(published.status, "published");
  for (const page of ["docs/quickstart", "docs/client", "docs/n8n", "docs/platforms/threads", "sandbox", "llm.txt"])
    assert.equal((await fetch(`${installation.appUrl}/${page}`)).status, 200, page);
  assert.equal(await server.end("SIGTERM"), 0);
});

/** Node.js does not run it below `node_modules`. */
async function typeScriptIn(path: string): Promise<string[]> {
  return (await readdir(path, { recursive: true })).filter((name) => /(?<!\.d)\.ts$/.test(name));
}
