import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { newId } from "../../model/ids.ts";
import { VIEWS } from "../../server/http/dashboard/add-dashboard.ts";
import { idOf } from "../answers.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

const RUNS = "globalThis.hasRun=true";
const HOSTILE_TEXTS = [
  `<script>${RUNS}</script><img src=x onerror="${RUNS}">`,
  `"><svg/onload=${RUNS}>' onmouseover='${RUNS}`,
  `javascript:${RUNS}//\u202e</script><!--`,
];
const MAX_SCRIPT_BYTES = 200_000;
/** What previews and checks while typing take, which begin once the view is there. */
const COMES_LATER = /\/(cards|catalog|rules)-[^/]+\.js$/;

test("every view is accessible, narrow or wide, light or dark, loads little script and runs no text as code", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.connect(world.test, "threads");
  const ids: string[] = [];
  for (const text of HOSTILE_TEXTS) {
    const { status, body } = await world.call(world.test, "POST", "/api/v1/posts", {
      content: { text },
      platforms: ["threads"],
      platformSetId: world.test.platformSetId,
    });
    assert.equal(status, 201, JSON.stringify(body));
    ids.push(idOf(body, "post"));
  }
  const views = ["/", ...VIEWS].flatMap((view) =>
    view.includes(":id") ? ids.map((id) => view.replace(":id", id)) : [view],
  );
  for (const [width, colorScheme] of [
    [320, "dark"],
    [1920, "light"],
    [360, "light"],
    [1440, "dark"],
  ] as const) {
    const page = await open({ viewport: { width, height: 800 }, colorScheme });
    for (const view of views) {
      let bytes = 0;
      const counting = page.on("response", (response) => {
        if (!response.url().endsWith(".js") || COMES_LATER.test(response.url())) return;
        void response.body().then((body) => (bytes += gzipSync(body).length));
      });
      await page.goto(`${world.url}${view}?mode=test`);
      // A post's page has a connection that stays open, so the network is never idle.
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator(".animate-pulse").first().waitFor({ state: "detached" });
      counting.removeAllListeners("response");
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width, view);
      assert.equal(await page.evaluate("globalThis.hasRun"), undefined, view);
      await assertAccessible(page);
      assert.ok(bytes <= MAX_SCRIPT_BYTES, `${view} loads ${bytes} bytes of script`);
    }
    await page.context().close();
  }
  assert.deepEqual(troubles, []);
});

test("an address of the dashboard leads to the sign-in and back, and its files are found by name alone", async (t) => {
  const { world, open } = await signedIn(t);
  const asked = await fetch(`${world.url}/posts?mode=test`, { redirect: "manual" });
  assert.equal(asked.status, 303);
  assert.equal(asked.headers.get("location"), "/sign-in?returnTo=%2Fposts%3Fmode%3Dtest");
  for (const name of ["..%2Findex.html", "%2e%2e%2f..%2fpackage.json", "none.js", "index.html"])
    assert.equal((await fetch(`${world.url}/app/assets/${name}`)).status, 404, name);
  const manifest = await fetch(`${world.url}/app/manifest.webmanifest`);
  assert.match(manifest.headers.get("content-type") ?? "", /^application.manifest.json/);
  for (const { src } of Object(await manifest.json()).icons)
    assert.equal((await fetch(new URL(src, world.url))).headers.get("content-type"), "image/svg+xml");
  const page = await open();
  await page.goto(`${world.url}/posts/${newId()}?mode=test`);
  await page.getByRole("heading", { name: "Post not found" }).waitFor();
});
