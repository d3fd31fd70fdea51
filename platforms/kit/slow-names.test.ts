import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

/** Its own network, with a name server of ours in it. */
const ALONE = ["--map-root-user", "--mount", "--net", "--kill-child"];
const cannot =
  spawnSync("unshare", [...ALONE, "sh", "-c", "ip link set lo up"]).status !== 0 && "this machine has no namespaces";

/** The name server answers for one name, that of the platform, and never for a user's. */
const program = `
  import { createSocket } from "node:dgram";
  import { createServer } from "node:http";
  import { guardedFetch } from ${JSON.stringify(join(import.meta.dirname, "guarded-fetch.ts"))};
  import { createHttpClient } from ${JSON.stringify(join(import.meta.dirname, "http.ts"))};

  let asked = 0;
  const names = createSocket("udp4", (query, from) => {
    if (query.includes("users")) return void (asked += 1);
    const isV4 = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1;
    const end = query.indexOf(0, 12) + 5;
    const head = Buffer.from(query.subarray(0, end));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(isV4 ? 1 : 0, 6);
    head.writeUInt16BE(0, 10);
    const address = Buffer.from("c00c00010001000000000004" + "7f000001", "hex");
    names.send(isV4 ? Buffer.concat([head, address]) : head, from.port, from.address);
  });
  await new Promise((bound) => names.bind(53, "127.0.0.1", bound));
  const platform = createServer((_request, response) => response.end("{}")).listen(8080, "127.0.0.1");

  const refused = Array.from({ length: 40 }, (_, number) =>
    guardedFetch("http://host" + number + ".users.example/", { allowPrivate: false, maxBytes: 1, totalSeconds: 30 }).then(
      () => "fetched",
      (error) => error.message,
    ),
  );
  while (asked === 0) await new Promise((passed) => setTimeout(passed, 10));
  const began = performance.now();
  const { status } = await createHttpClient({ allowHttp: true }).send({ method: "GET", url: "http://platform.example:8080/" });
  const milliseconds = Math.round(performance.now() - began);
  const messages = [...new Set(await Promise.all(refused))];
  console.log(JSON.stringify({ status, milliseconds, messages }));
  process.exit();`;

test("name servers that never respond to users' names do not delay a platform", { skip: cannot }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-names-"));
  try {
    const settings = join(folder, "resolv.conf");
    await writeFile(settings, "nameserver 127.0.0.1\n");
    await writeFile(join(folder, "program.mjs"), program);
    const script = `mount --bind "$0" "$(realpath /etc/resolv.conf)"; ip link set lo up; exec "$@"`;
    const ran = spawnSync(
      "unshare",
      [...ALONE, "sh", "-e", "-c", script, settings, process.execPath, join(folder, "program.mjs")],
      { encoding: "utf8", timeout: 120_000 },
    );
    assert.equal(ran.status, 0, ran.stderr);
    const { status, milliseconds, messages } = JSON.parse(ran.stdout);
    assert.equal(status, 200);
    assert.ok(milliseconds < 10_000, `the platform was reached after ${milliseconds} ms`);
    assert.deepEqual(messages, ["The URL could not be fetched: its host name could not be resolved."]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
