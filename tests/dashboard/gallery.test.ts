import assert from "node:assert/strict";
import { test } from "node:test";

import { openBusyWorkspace, visitAll } from "./gallery.ts";
import { assertLooks } from "./looks.ts";
import { openPages } from "./pages.ts";
import { AT_REST } from "./signed-in.ts";

test("a workspace in use is accessible and in its window, whatever it shows", async (t) => {
  const { open, troubles } = await openPages(t);
  const busy = await openBusyWorkspace(t);
  const page = await open({ ...AT_REST, locale: "en-GB" }, { url: busy.appUrl, cookie: busy.cookie });
  await visitAll(busy, page, (name) => assertLooks(page, name, [[768, "light"]]));
  assert.deepEqual(troubles, []);
  assert.equal(await busy.server.end("SIGTERM"), 0);
});
