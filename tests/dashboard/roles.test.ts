import assert from "node:assert/strict";
import { test } from "node:test";

import { OPERATIONS } from "../../contract/index.ts";
import { LEAST_ROLES } from "../../contract/roles.ts";
import { NOTIFICATION_KINDS, NOTIFIED } from "../../model/notifications.ts";
import { mayAs, MEMBER_ROLES, ROLES } from "../../model/roles.ts";
import { VIEWS } from "../../server/http/dashboard/add-dashboard.ts";
import { idOf } from "../answers.ts";
import { everything } from "../attacks/everything.ts";
import { restOf, signedIn } from "./signed-in.ts";

/** What the views are for that not every role can open, and those below them. */
const FOR: Readonly<Record<string, string>> = {
  "/compose": "posts_create",
  "/platforms/links": "connect_links_list",
  "/platforms/:id/apps": "oauth_apps_list",
  "/developers/keys": "keys_list",
  "/developers/webhooks": "webhooks_list",
  "/developers/requests": "requests_list",
  "/developers/sandbox": "sandbox_faults_get",
  "/developers/mcp": "keys_list",
  "/settings/notifications": "notifications_get",
  "/settings/plan": "usage_get",
  "/settings/audit-log": "audit_list",
};
const operationOf = (view: string) =>
  Object.entries(FOR).find(([path]) => view === path || view.startsWith(`${path}/`))?.[1];
/** What is there is about the person, in whatever workspace. */
const PERSONAL = /^\/settings/;

test("no view offers what the role may not do, and what it may read is in some view", async (t) => {
  const { world, members, open, troubles } = await signedIn(t, MEMBER_ROLES);
  const { platformSetId, userId } = world.test;
  await world.connect(world.test, "threads");
  const newPost = async () => {
    const draft = { content: { text: "Ours" }, platforms: ["threads"], platformSetId };
    return idOf((await world.call(world.test, "POST", "/api/v1/posts", draft)).body, "post");
  };
  const posts = [await newPost(), await newPost(), await newPost()];
  const { pool } = world.services;
  await pool.query("update posts set status = 'failed' where id = $1", [posts[1]]);
  await pool.query("update platform_posts set status = 'failed' where post_id = $1", [posts[1]]);
  await pool.query("update posts set status = 'posting' where id = $1", [posts[2]]);
  await pool.query("update platform_posts set status = 'unknown' where post_id = $1", [posts[2]]);
  await world.call(world.test, "POST", "/api/v1/media", { url: "https://example.com/a.jpg" });
  const views = ["/", "/calendar?view=agenda", "/calendar?view=day", "/media?type=video", ...VIEWS].flatMap((view) =>
    view.startsWith("/posts/:id") ? posts.map((id) => view.replace(":id", id)) : [view],
  );

  /** Where the owner's pages call each operation. */
  const calledAt = new Map<string, Set<string>>();
  const own = await open({ viewport: { width: 1280, height: 900 } });
  const ownRest = restOf(own);
  let ownView = "";
  own.on("request", (request) => {
    const operation = operationAt(request.method(), new URL(request.url()).pathname);
    if (operation !== undefined) calledAt.set(operation, (calledAt.get(operation) ?? new Set()).add(ownView));
  });
  for (const view of views) {
    ownView = view;
    const path = view.replace(":id", platformSetId);
    await own.goto(`${world.url}${path}${path.includes("?") ? "&" : "?"}mode=test`);
    await own.locator("main").locator("h1, h2").first().waitFor();
    await ownRest();
  }
  await own.context().close();
  assert.ok(calledAt.size > 20, [...calledAt.keys()].join());

  for (const { role, cookie } of members) {
    const may = (operation: string | undefined) => {
      const least = operation === undefined ? "viewer" : LEAST_ROLES[operation];
      return least === "self" || ROLES.some((each) => each === least && mayAs(role, each));
    };
    const page = await open({ viewport: { width: 1280, height: 900 } }, cookie);
    const rest = restOf(page);
    const refused: string[] = [];
    let doing = "";
    page.on("response", (response) => {
      if (response.status() === 403) refused.push(`${doing}: ${response.request().method()} ${response.url()}`);
    });
    const main = page.locator("main");
    const show = async (view: string) => {
      const path = view.replace(":id", platformSetId);
      await page.goto(`${world.url}${path}${path.includes("?") ? "&" : "?"}mode=test&workspace=${userId}`);
      await main.locator("h1, h2").first().waitFor();
      await rest();
    };
    const before = await everything(world);
    const opened = new Set<string>();
    for (const view of views) {
      doing = `${role} at ${view}`;
      await show(view);
      const isOpen = may(operationOf(view));
      assert.equal(await main.getByText("Your role does not allow this").count(), isOpen ? 0 : 1, doing);
      if (isOpen) opened.add(view);
      if (view === "/developers/sandbox") {
        // Hidden while the sandbox, which is not there, is asked again.
        const reject = main.getByRole("button", { name: "Reject it", includeHidden: true });
        assert.equal(await reject.count(), may("sandbox_faults_set") ? 1 : 0, doing);
      }
      if (isOpen && view === "/settings/notifications") {
        const kinds = NOTIFICATION_KINDS.filter((kind) => role in NOTIFIED[kind]);
        assert.equal(await main.getByRole("checkbox").count(), kinds.length, doing);
      }
      const links = await page.locator("a[href]").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
      for (const link of links) {
        const { origin, pathname } = new URL(link ?? "", world.url);
        const to = pathname.replace(/^\/platforms\/[^/]+\/apps$/, "/platforms/:id/apps");
        // The modes are links to where one is.
        if (origin === world.url && pathname !== new URL(page.url()).pathname)
          assert.ok(may(operationOf(to)), `${doing}: a link to ${pathname}`);
      }
      if (role !== "viewer" || PERSONAL.test(view)) continue;
      // Whatever a viewer presses changes nothing, and is not refused.
      const buttons = main.getByRole("button");
      for (let place = 0; place < (await buttons.count()); place += 1) {
        const button = buttons.nth(place);
        if (!(await button.isVisible()) || !(await button.isEnabled())) continue;
        doing = `${role} at ${view} presses ${(await button.getAttribute("aria-label")) ?? (await button.innerText())}`;
        await button.click();
        const items = page.getByRole("dialog").or(page.getByRole("menu"));
        if ((await items.count()) > 0) {
          for (const item of await items.locator("button:visible, [role=menuitem]:visible").all())
            if (await item.isVisible()) await item.click();
        }
        await rest();
        await show(view);
      }
    }
    const unseen = [...calledAt].filter(([name, at]) => may(name) && ![...at].some((view) => opened.has(view)));
    assert.deepEqual(
      unseen.map(([name]) => name),
      [],
      role,
    );
    for (const key of ["c", "n"]) {
      doing = `${role} presses ${key} in the calendar`;
      await show("/calendar");
      await page.keyboard.press(key);
      await page.getByRole("heading", { level: 1, name: may("posts_create") ? "New post" : "Calendar" }).waitFor();
      await rest();
      assert.equal(new URL(page.url()).pathname, may("posts_create") ? "/compose" : "/calendar", doing);
    }
    assert.deepEqual(refused, []);
    if (role === "viewer") assert.deepEqual(await everything(world), before);
    await page.context().close();
  }
  assert.deepEqual(troubles, []);
});

/** What a request of the app asks for. */
function operationAt(method: string, path: string): string | undefined {
  const parts = path.split("/");
  const places = OPERATIONS.filter((operation) => {
    const own = operation.path.split("/");
    return (
      operation.method === method &&
      own.length === parts.length &&
      own.every((part, place) => part.startsWith(":") || part === parts[place])
    );
  });
  // A name before a place for any.
  return places.toSorted((one, other) => one.path.split(":").length - other.path.split(":").length)[0]?.name;
}
