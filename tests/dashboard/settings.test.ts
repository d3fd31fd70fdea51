import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { addAuthenticator, assertUsable, fill, linkInEmail, press, step } from "../browser.ts";
import { totp } from "../totp.ts";
import { openPages } from "./pages.ts";
import { assertAccessible } from "./signed-in.ts";

const EMAIL = "owner@example.com";
const NEW_EMAIL = "olivia@example.com";
const PASSWORD = "correct horse battery";

test("a person manages their account: profile, email, two-factor authentication, passkeys, sessions, password, notifications, audit log, deletion", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { appUrl } = installation;
  const { open: openPage, troubles } = await openPages(t);
  const open = () => openPage({ viewport: { width: 360, height: 740 }, timezoneId: "America/New_York" });
  const page = await open();
  const dialog = page.getByRole("dialog");
  const show = async (section: string, mode = "live") => {
    await page.goto(`${appUrl}/settings/${section}?mode=${mode}`);
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    await page.locator("main .animate-pulse").first().waitFor({ state: "detached" });
  };
  const check = async () => {
    await assertUsable(page);
    await assertAccessible(page);
  };
  let password = PASSWORD;
  const signIn = async (who: Page) => {
    await who.goto(`${appUrl}/sign-in?returnTo=/settings`);
    await fill(who, { Email: NEW_EMAIL, Password: password });
    await press(who, "Sign in");
  };

  await step("only people with an invitation can sign up", async () => {
    await page.goto(`${appUrl}/sign-up`);
    await page.getByText("You need an invitation").waitFor();
  });

  await step("the owner sets up the instance, their name and time zone", async () => {
    await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
    await page.goto(/http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "");
    await fill(page, { Email: EMAIL, Password: PASSWORD });
    await press(page, "Set up");
    await page.waitForURL(`${appUrl}/`);
    await page.goto(`${appUrl}/settings`);
    await page.waitForURL("**/settings/profile*");
    const timeZone = page.getByLabel("Time zone");
    assert.equal(await timeZone.inputValue(), "America/New_York");
    const saved = `fetch("/api/me").then((answer) => answer.json()).then(({ user }) => user.timeZone)`;
    await installation.until(async () => (await page.evaluate(saved)) === "America/New_York");
    await fill(page, { Name: "Olivia" });
    for (const zone of ["UTC", "Europe/Berlin"]) {
      await timeZone.selectOption(zone);
      await press(page, "Save");
      await page.getByText("Your profile has been saved.").first().waitFor();
      await show("profile");
      assert.equal(await timeZone.inputValue(), zone);
    }
    assert.deepEqual(
      [await page.getByLabel("Name", { exact: true }).inputValue(), await page.getByLabel("Time zone").inputValue()],
      ["Olivia", "Europe/Berlin"],
    );
    await check();
  });

  await step("the theme and the language are chosen, and stay", async () => {
    await page.getByLabel("Theme").selectOption("dark");
    await page.getByLabel("Language").selectOption("de");
    await page.locator("html[lang=de]").waitFor({ state: "attached" });
    await page.reload();
    await page.locator("html[lang=de][data-theme=dark]").waitFor({ state: "attached" });
    await page.evaluate("localStorage.setItem('ampost.language', 'en')");
    await show("profile");
    await check();
    await page.getByLabel("Theme").selectOption("system");
  });

  await step("a new email is approved from the current address and confirmed from the new one", async () => {
    await page.getByText("This instance has no mail server").waitFor();
    await page.getByLabel("New email address").fill(NEW_EMAIL);
    await press(page, "Change email address");
    await page.getByText("Open its link to approve the change").waitFor();
    for (const to of [EMAIL, NEW_EMAIL]) {
      await page.goto(await linkInEmail(installation, to, "/verify-email"));
      await press(page, "Confirm email");
      await page.getByText("Confirmed.").waitFor();
    }
    await page.locator("section").getByText(NEW_EMAIL, { exact: true }).waitFor();
  });

  await step("the owner of the instance invites somebody, and revokes the invitation", async () => {
    await show("profile");
    await page.getByLabel("Email address to invite").fill("nora@example.com");
    await press(page, "Send invitation");
    const link = await page.getByRole("region", { name: "Invitation link" }).innerText();
    const invited = await open();
    await invited.goto(link);
    await invited.getByLabel("Password", { exact: true }).waitFor();
    await check();
    await press(page, "Revoke the invitation for nora@example.com");
    await page.getByText("nora@example.com", { exact: true }).waitFor({ state: "detached" });
    await invited.reload();
    await invited.getByText("Ask the person who invited you for a new one.").waitFor();
  });

  let backupCodes: string[] = [];
  let secret = "";
  await step("two-factor authentication is turned on with an authenticator app", async () => {
    await show("security");
    await check();
    await press(page, "Turn on");
    const password = dialog.getByLabel("Password", { exact: true });
    await password.fill("not the password");
    await dialog.getByRole("button", { name: "Continue" }).click();
    await dialog.getByText("This password is incorrect.").waitFor();
    await assertAccessible(page);
    await password.fill(PASSWORD);
    await password.press("Enter");
    secret = (await dialog.getByRole("region", { name: "Key" }).innerText()).replaceAll(/\s/g, "");
    backupCodes = (await dialog.getByRole("region", { name: "Backup codes" }).innerText()).trim().split("\n");
    const [codes] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("link", { name: "Download as a text file" }).click(),
    ]);
    assert.equal(await readFile(await codes.path(), "utf8"), `${backupCodes.join("\n")}\n`);
    await dialog.getByRole("img", { name: /^QR code/ }).waitFor();
    await check();
    await dialog.getByLabel("Code from your app").fill(totp(secret));
    await dialog.getByLabel("Code from your app").press("Enter");
    await page.getByText("Two-factor authentication is on.").first().waitFor();
    await page.getByRole("button", { name: "New backup codes" }).waitFor();
  });

  const other = await open();
  await step("signing in asks for a code: a wrong one is rejected, a right one and a backup code work", async () => {
    await signIn(other);
    await fill(other, { "Code from your authenticator app": "000000" });
    await press(other, "Continue");
    await other.getByText("This code is incorrect").waitFor();
    // A code works once, and the app may still show the one that enabled two-factor authentication.
    await fill(other, { "Code from your authenticator app": totp(secret, 1) });
    await press(other, "Continue");
    await other.getByRole("heading", { name: "Settings" }).waitFor();
    const third = await open();
    await signIn(third);
    await third.getByRole("link", { name: "Use a backup code" }).click();
    await fill(third, { "Backup code": backupCodes[0] ?? "" });
    await press(third, "Continue");
    await third.getByRole("heading", { name: "Settings" }).waitFor();
  });

  await step("other sessions are signed out immediately", async () => {
    await show("security");
    await page
      .getByRole("button", { name: /^Sign out of Chrom/ })
      .first()
      .waitFor();
    await press(page, "Sign out of all others");
    await page.getByText("All other sessions have been signed out.").first().waitFor();
    await other.goto(`${appUrl}/settings/security`);
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  await step("a passkey is added after a recent sign-in, and is enough to sign in", async () => {
    await addAuthenticator(page);
    await installation.database?.pool.query("update sessions set created_at = created_at - interval '1 hour'");
    await show("security");
    await press(page, "Add a passkey");
    await page.getByText("This requires a recent sign-in").waitFor();
    await check();
    await page.getByRole("link", { name: "Sign in again" }).click();
    await fill(page, { Email: NEW_EMAIL, Password: password });
    await press(page, "Sign in");
    await page.getByRole("link", { name: "Use a backup code" }).click();
    await fill(page, { "Backup code": backupCodes.at(-1) ?? "" });
    await press(page, "Continue");
    await press(page, "Add a passkey");
    await page.getByText("The passkey has been added").first().waitFor();
    await page.getByRole("button", { name: "Account menu" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByText("You have been signed out").waitFor();
    await page.goto(`${appUrl}/sign-in?returnTo=/settings/security`);
    await press(page, "Sign in with a passkey");
    await page.getByRole("button", { name: /^Remove / }).click();
    await assertAccessible(page);
    await dialog.getByRole("button", { name: "Remove" }).click();
    await page.getByText("The passkey has been removed").first().waitFor();
  });

  await step("emails are turned off by kind and mode, and the choice stays", async () => {
    await show("notifications", "test");
    const failed = page.getByLabel(/^A post failed/);
    assert.equal(await failed.isChecked(), false);
    await show("notifications");
    await page.getByText("This instance has no mail server").waitFor();
    await check();
    assert.equal(await failed.isChecked(), true);
    const saved = page.waitForResponse((response) => response.request().method() === "PATCH");
    await failed.focus();
    await page.keyboard.press("Space");
    assert.equal((await saved).status(), 200);
    await show("notifications");
    assert.deepEqual([await failed.isChecked(), await page.getByLabel(/^A post waits/).isChecked()], [false, true]);
  });

  await step("the audit log says what was done by whom, is filtered by its address, and downloaded", async () => {
    await page.goto(`${appUrl}/settings/log`);
    await page.waitForURL("**/settings/audit-log*");
    await page.getByText("Two-factor authentication turned on by you").waitFor();
    await check();
    await page.getByLabel("About").selectOption("Passkeys");
    await page.getByText("Two-factor authentication turned on").waitFor({ state: "detached" });
    await page.waitForURL(/action=passkey/);
    await page.reload();
    await page.getByText(/^Passkey removed \S.* by you\s*$/).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download as CSV" }).click(),
    ]);
    const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
    assert.deepEqual(
      lines.slice(1).map((line) => line.split(",")[1]),
      ["passkey.removed", "passkey.added"],
    );
    await page.getByLabel("By", { exact: true }).selectOption("an API key");
    await page.getByRole("heading", { name: "No entries match" }).waitFor();
    await check();
  });

  await step("the plan says what is used", async () => {
    await show("plan");
    await page.getByText("no plan limits you").waitFor();
    await page.getByText("Posts this month").waitFor();
    await check();
  });

  await step("a forgotten password is reset by email, and the link works once", async () => {
    await other.getByRole("link", { name: "Forgot your password?" }).click();
    await other.waitForURL("**/forgot-password*");
    await fill(other, { Email: NEW_EMAIL });
    await press(other, "Send link");
    const link = await linkInEmail(installation, NEW_EMAIL, "/reset-password");
    password = "another long enough one";
    for (const text of ["Your password has been changed", "no longer works"]) {
      await other.goto(link);
      await fill(other, { "New password": password, "Confirm new password": password });
      await press(other, "Set password");
      await other.getByText(text).waitFor();
    }
    await page.goto(`${appUrl}/settings`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  await step("the data is exported as one file, and the account is deleted with the password", async () => {
    await signIn(page);
    await page.getByRole("link", { name: "Use a backup code" }).click();
    await fill(page, { "Backup code": backupCodes[1] ?? "" });
    await press(page, "Continue");
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    await show("data");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Export your data" }).click(),
    ]);
    assert.ok((await readFile(await download.path(), "utf8")).includes(NEW_EMAIL));
    await check();
    await press(page, "Delete account");
    await dialog.getByLabel("Password", { exact: true }).fill("not the password");
    await dialog.getByRole("button", { name: "Delete account" }).click();
    await dialog.getByText("Check the box to confirm.").waitFor();
    await assertAccessible(page);
    await dialog.getByLabel("I understand that this cannot be undone").check();
    await dialog.getByRole("button", { name: "Delete account" }).click();
    await dialog.getByText("The password is incorrect.").waitFor();
    await dialog.getByLabel("Password", { exact: true }).fill(password);
    await dialog.getByRole("button", { name: "Delete account" }).click();
    await page.getByText("have been deleted").waitFor();
    await signIn(page);
    await page.getByText("Incorrect email or password").waitFor();
  });

  assert.deepEqual(troubles, []);
  assert.equal(await server.end("SIGTERM"), 0);
});
