import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";
import { z } from "zod";

import { connectLinksCreate } from "../../contract/operations/connect-links.ts";
import { loadAuthSecret } from "../../server/auth/secret.ts";
import { unsubscribeUrl } from "../../server/domain/notifications/unsubscribe.ts";
import { openSetUp } from "../../server/domain/users/set-up.ts";
import { fill, press, step } from "../browser.ts";
import { createConnectingWorld } from "../connecting-world.ts";
import { answerConsent, begin, connectAs, locationOf } from "../consent.ts";
import { HOSTILE_NAME } from "./hostile-texts.ts";
import { assertLooks } from "./looks.ts";
import { openPages } from "./pages.ts";
import { AT_REST } from "./signed-in.ts";

const EMAIL = "ada@example.com";
const PASSWORD = "correct horse battery";

test("every page without the app is accessible, narrow or wide, light or dark, and runs no text as code", async (t) => {
  const world = await createConnectingWorld();
  const { services } = world;
  const { pool } = services;
  const { appUrl: url } = services.settings;
  const { open, troubles } = await openPages(
    t,
    `--host-resolver-rules=MAP ${new URL(url).host} ${new URL(world.url).host}`,
  );
  t.after(() => world.close());
  const { tenant, cookie } = await world.newcomer();
  await pool.query("update users set name = $2 where id = $1", [tenant.userId, HOSTILE_NAME]);
  const visitor = await open(AT_REST);
  const person = await open(AT_REST, { url, cookie });
  const check = async (page: Page, name: string) => {
    await page.locator("h1, [aria-label=Platform]").first().waitFor();
    await assertLooks(page, name);
    assert.equal(await page.evaluate("globalThis.hasRun"), undefined, name);
  };
  const show = async (name: string, path: string, page = visitor) => {
    await page.goto(new URL(path, url).href);
    await check(page, name);
  };
  /** Makes a connect link. Returns its path. */
  const link = async (more: object) => {
    const body = { platformSetId: tenant.platformSetId, ...more };
    const made = await world.call(tenant, "POST", "/api/v1/connect-links", body);
    return new URL(connectLinksCreate.answer.parse(made.body).connectLink.url ?? "").pathname;
  };

  await step("setting up, signing up and signing in", async () => {
    await show("about", "/");
    await show("set-up", (await openSetUp(services, url)) ?? "");
    await show("set-up-expired", "/setup?token=none");
    await pool.query("update users set is_owner = true where id = $1", [tenant.userId]);
    await show("sign-in", "/sign-in");
    await fill(visitor, { Email: EMAIL, Password: "not this one" });
    await press(visitor, "Sign in");
    await visitor.getByRole("alert").waitFor();
    await check(visitor, "sign-in-failed");
    await show("two-factor", "/sign-in/two-factor");
    await show("backup-code", "/sign-in/two-factor?backup=");
    await show("sign-up", "/sign-up");
    await fill(visitor, { Name: HOSTILE_NAME, Email: EMAIL, Password: PASSWORD });
    await press(visitor, "Create account");
    await visitor.getByText("We sent an email").waitFor();
    await check(visitor, "check-your-email");
    await show("verify-email", "/verify-email?token=any");
    await show("verify-email-expired", "/verify-email");
    await show("forgot-password", "/forgot-password");
    await show("reset-password", "/reset-password?token=any");
    await show("reset-password-expired", "/reset-password");
  });

  await step("connecting an account", async () => {
    const consent = locationOf(await begin(world, cookie, tenant, "facebook"));
    await show("sandbox-consent", consent, person);
    const refused = await answerConsent(consent, { decision: "refuse" });
    await show("not-connected", refused.pathname + refused.search, person);
    const chosen = await connectAs(world, cookie, tenant, "facebook", { chooses: false });
    await show("choose-account", new URL(chosen.location ?? "", url).pathname, person);
    await connectAs(world, cookie, tenant, "facebook");
    const other = await connectAs(world, cookie, tenant, "facebook", { chooses: false, person: "carl" });
    await show("replace-account", new URL(other.location ?? "", url).pathname, person);
    await show("connect-link", await link({ platform: "facebook", returnUrl: "https://app.example.com/connected" }));
    await show("connect-link-any", await link({ returnUrl: "https://app.example.com/connected" }));
    await show("connect-links", await link({}));
    await show("connect-link-unknown", "/connect/none");
  });

  await step("an app asks for access", async () => {
    const registered = await fetch(`${world.url}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_name: HOSTILE_NAME, redirect_uris: ["http://127.0.0.1/callback"] }),
    });
    const { client_id: id } = z.object({ client_id: z.string() }).parse(await registered.json());
    const asked = new URLSearchParams({
      response_type: "code",
      client_id: id,
      redirect_uri: "http://127.0.0.1/callback",
      code_challenge: "x".repeat(43),
      code_challenge_method: "S256",
      resource: `${url}/mcp`,
    });
    await person.goto(`${url}/oauth/authorize?${asked}`);
    await person.getByText("Limit access").click();
    await check(person, "authorize");
    asked.set("response_type", "token");
    await show("not-authorized", `/oauth/authorize?${asked}`, person);
  });

  await step("links of emails, and what is not there", async () => {
    const secret = await loadAuthSecret(pool, services.vault);
    const { userId } = tenant;
    const subscription = { userId, personId: userId, mode: "live", kind: "failed" } as const;
    await show("unsubscribe", unsubscribeUrl(url, secret, subscription));
    await press(visitor, "Stop these emails");
    await check(visitor, "unsubscribed");
    await show("unsubscribe-incomplete", "/unsubscribe");
    await show("join-expired", "/join/none");
    await show("not-found", "/nowhere");
    await show("not-found-signed-in", "/nowhere", person);
    await show("sandbox", `${world.sandboxUrl}/`);
  });
  assert.deepEqual(troubles, []);
});
