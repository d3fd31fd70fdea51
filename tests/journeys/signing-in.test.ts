import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { assertSound, fill, linkInLetter, LONGEST_STEP_MILLISECONDS, openBrowser, press, step } from "../browser.ts";
import { totp } from "../totp.ts";

const EMAIL = "owner@example.com";
const NEW_EMAIL = "olivia@example.com";
const PASSWORD = "correct horse battery";

test("a person looks after the ways in: second step, passkey, sessions, password, data, and the end of it all", async (t) => {
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
    await fill(who, { "E-mail": NEW_EMAIL, Password: password });
    await press(who, "Sign in");
  };

  await step("nobody makes an account where that is for invited people", async () => {
    await page.goto(`${appUrl}/sign-up`);
    await page.getByText("New accounts are made by invitation here").waitFor();
  });

  await step("the owner sets the instance up, and name and time zone", async () => {
    await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
    await page.goto(/http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "");
    await fill(page, { "E-mail": EMAIL, Password: PASSWORD });
    await press(page, "Set up");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await settings();
    await fill(page, { Name: "Olivia" });
    await page.getByLabel("Time zone").selectOption("Europe/Berlin");
    await press(page, "Save");
    await page.getByText("Saved.").waitFor();
    assert.deepEqual(
      [await page.getByLabel("Name", { exact: true }).inputValue(), await page.getByLabel("Time zone").inputValue()],
      ["Olivia", "Europe/Berlin"],
    );
    await assertSound(page);
  });

  await step("another address is agreed to at the present one and confirmed at the new one", async () => {
    await page.getByText("Change the address").click();
    await fill(page, { "New address": NEW_EMAIL });
    await press(page, "Change");
    for (const to of [EMAIL, NEW_EMAIL]) {
      await page.goto(await linkInLetter(installation, to, "/verify-email"));
      await press(page, "Confirm the address");
      await page.getByText("Confirmed.").waitFor();
    }
    await page.locator("section").getByText(NEW_EMAIL).waitFor();
  });

  let backupCodes: string[] = [];
  let secret = "";
  await step("the second step is turned on with an authenticator app", async () => {
    await page.getByText("Turn on", { exact: true }).click();
    await page.locator("#two-factor-password").fill("not the password");
    await press(page, "Go on");
    await page.getByLabel("Your password").and(page.locator("[aria-invalid=true]")).fill(PASSWORD);
    await press(page, "Go on");
    secret = (await page.locator("section code").first().innerText()).replaceAll(" ", "");
    backupCodes = await page.locator("ul.codes code").allInnerTexts();
    await page.getByRole("img", { name: /^QR code/ }).waitFor();
    await assertSound(page);
    await fill(page, { "Code that your app shows now": totp(secret) });
    await press(page, "Turn on");
    await page.getByText("The second step is on").waitFor();
  });

  const other = await open();
  await step("signing in asks for a code: a wrong one is refused, a right one and a backup code let in", async () => {
    await signIn(other);
    await fill(other, { "Code of your authenticator app": "000000" });
    await press(other, "Go on");
    await other.getByText("This code is wrong").waitFor();
    // A code works once: the one that turned it on may still be the one that the app shows.
    await fill(other, { "Code of your authenticator app": totp(secret, 1) });
    await press(other, "Go on");
    await other.getByRole("heading", { name: "Settings" }).waitFor();
    const third = await open();
    await signIn(third);
    await third.getByRole("link", { name: "Use a backup code" }).click();
    await fill(third, { "Backup code": backupCodes[0] ?? "" });
    await press(third, "Go on");
    await third.getByRole("heading", { name: "Settings" }).waitFor();
  });

  await step("a session that is ended is out at once", async () => {
    await settings();
    await page.getByRole("button", { name: "End all others" }).click();
    await page.getByText("Ended.").waitFor();
    await other.goto(`${appUrl}/keys`);
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  await step("a passkey is added, and signs in by itself", async () => {
    const devices = await page.context().newCDPSession(page);
    await devices.send("WebAuthn.enable");
    await devices.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await press(page, "Add a passkey");
    await page.getByText("The passkey is added").waitFor();
    await press(page, "Sign out");
    await page.getByText("You are signed out").waitFor();
    await press(page, "Sign in with a passkey");
    await page.getByRole("heading", { name: "Hello, Olivia" }).waitFor();
    await settings();
    await page.getByRole("button", { name: /^Remove Passkey/ }).click();
    await page.getByText("The passkey is removed").waitFor();
  });

  await step("a forgotten password is set anew by a letter, whose link works once", async () => {
    await other.getByRole("link", { name: "Forgot your password?" }).click();
    await other.waitForURL("**/forgot-password*");
    await fill(other, { "E-mail": NEW_EMAIL });
    await press(other, "Send the link");
    const link = await linkInLetter(installation, NEW_EMAIL, "/reset-password");
    password = "another long enough one";
    for (const told of ["Your password is changed", "does not work any more"]) {
      await other.goto(link);
      await fill(other, { "New password": password, "The same once more": password });
      await press(other, "Set the password");
      await other.getByText(told).waitFor();
    }
    await settings();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  await step("the data is had as one file, and the account is deleted with the password", async () => {
    await signIn(page);
    await page.getByRole("link", { name: "Use a backup code" }).click();
    await fill(page, { "Backup code": backupCodes[1] ?? "" });
    await press(page, "Go on");
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Export your data" }).click(),
    ]);
    assert.ok((await readFile(await download.path(), "utf8")).includes(NEW_EMAIL));
    await page.getByText("Delete everything").click();
    await page.locator("#delete-password").fill(password);
    await press(page, "Delete my account");
    await page.getByRole("alert").filter({ hasText: "Tick the box" }).waitFor();
    await page.locator("#delete-password").fill(password);
    await page.getByLabel("I am sure").check();
    await press(page, "Delete my account");
    await page.getByText("are deleted").waitFor();
    await signIn(page);
    await page.getByText("E-mail address or password is wrong").waitFor();
  });

  assert.equal(await server.end("SIGTERM"), 0);
});
