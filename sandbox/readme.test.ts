import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";

import { SANDBOX_PLATFORMS } from "./index.ts";
import { FAULT_KINDS, OPERATIONS } from "./platform.ts";
import { listAt, openSandbox } from "./sandbox.fixture.ts";

test("the README lists every operation, kind and switch", async () => {
  const readme = await readFile(new URL("README.md", import.meta.url), "utf8");
  const switches = SANDBOX_PLATFORMS.flatMap((platform) =>
    platform.switches.map((one) => one.name.replace("{n}", "N").replace(/^video-.*/, "video-MESSAGE")),
  );
  for (const name of [...OPERATIONS, ...FAULT_KINDS, ...switches])
    assert.ok(readme.includes(`\`${name}\``), `${name} is not in the README`);
});

test("the README's first steps publish a post", async (t) => {
  const { url, control } = await openSandbox(t);
  const readme = await readFile(new URL("README.md", import.meta.url), "utf8");
  const steps = [...readme.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, lines = ""]) => lines);
  const script = steps.slice(1).join("\n").replaceAll("http://127.0.0.1:3001", url);
  const { stdout } = await promisify(execFile)("bash", ["-e", "-c", script]);
  assert.match(stdout, /"text":"Hello from the sandbox"/);
  const [post] = listAt((await control("GET", "posts")).json);
  assert.deepEqual([post?.["platform"], post?.["text"]], ["linkedin", "Hello from the sandbox"]);
});
