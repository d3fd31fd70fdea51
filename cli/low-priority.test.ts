import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { platform } from "node:os";
import { test } from "node:test";
import { promisify } from "node:util";

test("every thread of a backup has a low priority", { skip: platform() !== "linux" }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { readFile, readdir } from "node:fs/promises";
     import { letRequestsGoFirst } from ${JSON.stringify(new URL("low-priority.ts", import.meta.url).href)};
     await letRequestsGoFirst();
     for (const thread of await readdir("/proc/self/task"))
       console.log((await readFile("/proc/self/task/" + thread + "/stat", "utf8")).split(") ")[1].split(" ")[16]);`,
  ]);
  const priorities = stdout.trim().split("\n");
  assert.ok(priorities.length > 1);
  assert.deepEqual(new Set(priorities), new Set(["19"]));
});
