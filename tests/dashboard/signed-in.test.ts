import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { openPages } from "./pages.ts";
import { restOf } from "./signed-in.ts";

/** Never idle, and reads again every two seconds, as the page of a post with an unknown outcome does. */
const BUSY = `<main><h1>Busy</h1></main><script>
  const draw = () => {
    for (const until = performance.now() + 20; performance.now() < until;);
    requestAnimationFrame(draw);
  };
  draw();
  setInterval(() => fetch("/again"), 2000);
</script>`;

test("a page that draws all the time and reads again every two seconds comes to rest", async (t) => {
  const server = createServer(({ url }, response) => {
    response.setHeader("content-type", "text/html").end(url === "/again" ? "" : BUSY);
  }).listen(0, "127.0.0.1");
  t.after(() => server.close().closeAllConnections());
  await new Promise((resolve) => server.once("listening", resolve));
  const { open, troubles } = await openPages(t);
  const page = await open();
  const rest = restOf(page);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await rest();
  assert.deepEqual(troubles, []);
});
