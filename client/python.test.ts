import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Webhook } from "standardwebhooks";

import { openInstallation } from "../cli/installation.fixture.ts";
import { OPERATIONS } from "../contract/index.ts";
import { keyPolicies } from "../contract/operations/api-keys.ts";
import { loadPages } from "../printing/pages.ts";
import { VERSION } from "../server/calls/version.ts";
import { createApiKey } from "../server/domain/api-keys/api-keys.ts";
import { startTcpProxy, type TcpProxy } from "../tests/tcp-proxy.ts";
import { createWorld, type World } from "../tests/world.ts";

const run = promisify(execFile);
const folder = join(import.meta.dirname, "python");
const fixtures = join(import.meta.dirname, "../tests/fixtures");

let world: World;
let proxy: TcpProxy;
before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
  proxy = await startTcpProxy(Number(new URL(world.url).port));
});
after(async () => {
  await proxy.close();
  await world.close();
});

test("pip installs the client that an instance serves", async (t) => {
  const target = await mkdtemp(join(tmpdir(), "ampost-python-"));
  t.after(() => rm(target, { recursive: true, force: true }));
  const page = (await loadPages(world.services.settings)).find(({ path }) => path === "/docs/python-client")?.markdown;
  const [, file] = /^pip install \S+(\/packages\/\S+)$/m.exec(page ?? "") ?? [];
  const answer = await fetch(`${world.url}${file}`);
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "application/zip"]);
  const wheel = join(target, file?.split("/").at(-1) ?? "");
  await writeFile(wheel, Buffer.from(await answer.arrayBuffer()));
  // What pip does with a wheel, which machines need not have: unpack it, and compare every file with its record.
  const program = [
    "import base64, csv, hashlib, importlib.metadata, sys, zipfile",
    "wheel, target = sys.argv[1:]",
    "zipfile.ZipFile(wheel).extractall(target)",
    "found = importlib.metadata.distribution('ampost')",
    "for path, digest, size in csv.reader(found.read_text('RECORD').splitlines()):",
    "    data = open(f'{target}/{path}', 'rb').read()",
    "    hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')",
    "    assert digest in ('', f'sha256={hashed}') and size in ('', str(len(data))), path",
    "import ampost",
    "print(found.version, found.requires, ampost.Client.__module__)",
  ];
  const { stdout } = await run("python3", ["-c", program.join("\n"), wheel, target], {
    cwd: target,
    env: { ...process.env, PYTHONPATH: target },
  });
  assert.equal(stdout, `${VERSION} None ampost._client\n`);
});

test("both Python clients go through the journeys of the TypeScript client", async (t) => {
  const offered = OPERATIONS.filter(
    ({ auth = "key", successor, path }) =>
      auth === "operator" || (auth !== "session" && successor === undefined && path.startsWith("/api/v1/")),
  ).map(({ method, path }) => `${method} ${path}`);
  const policies = keyPolicies.parse({ oauthApps: true });
  const { apiKey: key } = await createApiKey(world.services, world.test, { name: "all", policies });
  const [secret, at, body] = [`whsec_${randomBytes(32).toString("base64")}`, new Date(), '{"type":"post.published"}'];
  const headers = {
    "webhook-id": "1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": `v1,AAAA ${new Webhook(secret).sign("1", at, body)}`,
  };
  // Python tells the proxy which connections to break.
  const control = createServer((request, response) => {
    let asked = "";
    request.setEncoding("utf8").on("data", (text: string) => (asked += text));
    request.once("end", () => {
      if (asked !== "") {
        const { method, times, act, events } = JSON.parse(asked);
        const match = events ? /^GET \/api\/v1\/posts\/.*\/events/ : MATCHES[String(method)];
        assert.ok(match);
        proxy.trouble({ match, times, act: { kind: act } });
      }
      response.end(String(proxy.struck()));
    });
  });
  await once(control.listen(0, "127.0.0.1"), "listening");
  t.after(() => control.close());
  const address = control.address();
  const port = typeof address === "object" ? address?.port : "";
  await run("python3", ["-W", "error", "-m", "unittest", "-v", "tests/journeys.py"], {
    cwd: folder,
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: "1",
      AMPOST_TEST_SET: world.test.platformSetId,
      AMPOST_TEST_KEY: key,
      AMPOST_TEST_OPERATOR_KEY: await world.operatorKey(),
      AMPOST_TEST_URL: world.url,
      AMPOST_TEST_BROKEN: proxy.url,
      AMPOST_TEST_CONTROL: `http://127.0.0.1:${port}/`,
      AMPOST_TEST_FIXTURES: fixtures,
      AMPOST_TEST_OPERATIONS: JSON.stringify(offered),
      AMPOST_TEST_SIGNED: JSON.stringify({ secret, headers, body }),
    },
  }).catch(({ stderr }: { stderr: string }) => assert.fail(stderr));
});

const MATCHES: Readonly<Record<string, RegExp>> = { POST: /^POST \/api\/v1\/posts /, PATCH: /^PATCH / };

test("the samples of the Python client's README do what they say", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { apiKey } = await installation.json("bootstrap", "--json");
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const [first = "", second = "", ...others] = [...readme.matchAll(/```py\n([^]*?)```/g)].map(([, code = ""]) => code);
  const program = [first, ...others]
    .join("\n")
    .replace('"film.mp4"', JSON.stringify(join(fixtures, "landscape-16x9.mp4")));
  const said = [];
  for (const code of [program, second]) {
    const { stdout } = await run("python3", ["-c", code.replaceAll("http://localhost:3000", installation.url)], {
      env: { ...process.env, AMPOST_API_KEY: String(apiKey), PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
    });
    said.push(stdout);
  }
  assert.match(said[0] ?? "", /^published \['https:\/\/[^']+'\]$[^]*^\/platforms [^]*^100 %$[^]*^video$/m);
  assert.match(said[1] ?? "", /Hello from Python\n$/);
  assert.equal(await server.end("SIGTERM"), 0);
});
