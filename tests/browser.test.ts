import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";

const BROWSER = JSON.stringify(join(import.meta.dirname, "browser.ts"));

test("a test whose clean-up fails leaves no browser open, so its file ends", async () => {
  const code = `
    import assert from "node:assert/strict";
    import { test } from "node:test";
    import { openBrowser } from ${BROWSER};
    test("fails", async (t) => {
      t.after(() => assert.fail("later hooks do not run"));
      await openBrowser(t);
    });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], { stdio: "ignore" });
  assert.deepEqual(await once(child, "exit"), [1, null]);
});
