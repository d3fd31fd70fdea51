import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { SANDBOX_PLATFORMS } from "./index.ts";
import { FAULT_KINDS, OPERATIONS } from "./platform.ts";

test("the README lists every operation, kind and switch", async () => {
  const readme = await readFile(new URL("README.md", import.meta.url), "utf8");
  const switches = SANDBOX_PLATFORMS.flatMap((platform) =>
    platform.switches.map((one) => one.name.replace("{n}", "N").replace(/^video-.*/, "video-MESSAGE")),
  );
  for (const name of [...OPERATIONS, ...FAULT_KINDS, ...switches])
    assert.ok(readme.includes(`\`${name}\``), `${name} is not in the README`);
});
