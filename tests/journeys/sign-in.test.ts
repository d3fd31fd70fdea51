import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { openInstallation } from "../../cli/installation.fixture.ts";
import {
  addAuthenticator,
  assertUsable,
  fill,
  linkInEmail,
  LONGEST_STEP_MILLISECONDS,
  openBrowser,
  press,
  step,
} from "../browser.ts";
import { totp } from "../totp.ts";

const EMAIL = "owner@example.com";
const NEW_EMAIL = "olivia@example.com";
const PASSWORD = "correct horse battery";

test("a person manages their account: email, two-factor authentication, passkeys, sessions, password, export, deletion", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { appUrl } = installation;
  const browser = await openBrowser(t);
  const open = async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
    return await context.newPage();
  };
  const page = await open();
  const settings = () => page.goto(`${appUrl}/settings`);
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
    await page.getByRole("heading", { name: "Home" }).waitFor();
    await settings();
    await fill(page, { Name: "Olivia" });
    await page.getByLabel("Time zone").selectOption("Europe/Berlin");
    await press(page, "Save");
    await page.getByText("Your profile has been saved").waitFor();
    assert.deepEqual(
      [await page.getByLabel("Name", { exact: true }).inputValue(), await page.getByLabel("Time zone").inputValue()],
      ["Olivia", "Europe/Berlin"],
    );
    await assertUsable(page);
  });

  await step("a new email is approved from the current address and confirmed from the new one", async () => {
    await page.locator("summary", { hasText: "Change email" }).click();
    await fill(page, { "New email": NEW_EMAIL });
    await press(page, "Change email");
    for (const to of [EMAIL, NEW_EMAIL]) {
      await page.goto(await linkInEmail(installation, to, "/verify-email"));
      await press(page, "Confirm email");
      await page.getByText("Confirmed.").waitFor();
    }
    await page.locator("section").getByText(NEW_EMAIL).waitFor();
  });

  let backupCodes: string[] = [];
  let secret = "";
  await step("two-factor authentication is turned on with an authenticator app", async () => {
    await page.getByText("Turn on", { exact: true }).click();
    await page.locator("#two-factor-password").fill("not the password");
    await press(page, "Continue");
    await page.getByLabel("Password", { exact: true }).and(page.locator("[aria-invalid=true]")).fill(PASSWORD);
    await press(page, "Continue");
    secret = (await page.locator("section code").first().innerText()).replaceAll(" ", "");
    backupCodes = await page.locator("ul.codes code").allInnerTexts();
    await page.getByRole("img", { name: /^QR code/ }).waitFor();
    await assertUsable(page);
    await fill(page, { "Code from your app": totp(secret) });
    await press(page, "Turn on");
    await page.getByText("Two-factor authentication is on.").waitFor();
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
    await settings();
    await page.getByRole("button", { name: "Sign out of all other sessions" }).click();
    await page.getByText("Signed out.").waitFor();
    await other.goto(`${appUrl}/developers/keys`);
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  await step("a passkey is added, and is enough to sign in", async () => {
    await addAuthenticator(page);
    await press(page, "Add a passkey");
    await page.getByText("The passkey has been added").waitFor();
    await press(page, "Sign out");
    await page.getByText("You have been signed out").waitFor();
    await press(page, "Sign in with a passkey");
    await page.getByRole("heading", { name: "Hello, Olivia" }).waitFor();
    await settings();
    await page.getByRole("button", { name: /^Remove Passkey/ }).click();
    await page.getByText("The passkey has been removed").waitFor();
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
    await settings();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  await step("the data is exported as one file, and the account is deleted with the password", async () => {
    await signIn(page);
    await page.getByRole("link", { name: "Use a backup code" }).click();
    await fill(page, { "Backup code": backupCodes[1] ?? "" });
    await press(page, "Continue");
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Export your data" }).click(),
    ]);
    assert.ok((await readFile(await download.path(), "utf8")).includes(NEW_EMAIL));
    await page.getByText("Delete your account and all data").click();
    await page.locator("#delete-password").fill(password);
    await press(page, "Delete account");
    await page.getByRole("alert").filter({ hasText: "Check the box" }).waitFor();
    await page.locator("#delete-password").fill(password);
    await page.getByLabel("I understand that this cannot be undone").check();
    await press(page, "Delete account");
    await page.getByText("have been deleted").waitFor();
    await signIn(page);
    await page.getByText("Incorrect email or password").waitFor();
  });

  assert.equal(await server.end("SIGTERM"), 0);
});
