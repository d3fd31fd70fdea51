import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import type { Page } from "playwright-core";

import { readPo } from "../../dashboard/words/book.ts";
import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import { idOf } from "../answers.ts";
import { step } from "../browser.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

const MAX_SCRIPT_BYTES = 200_000;
const PO = readFileSync(join(import.meta.dirname, "../../dashboard/locales/said/de.po"), "utf8");
/** Texts that mean nothing but English: several words, which German says in another way. */
const ENGLISH = [...readPo(PO)].flatMap(([english, german]) =>
  /^\p{L}+( \p{L}+)+\.?$/u.test(english) && english !== german ? [english] : [],
);

test("a German reader writes, and understands what is wrong, in German", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  for (const platform of PLATFORM_NAMES) await world.connect(world.test, platform);
  const options = { locale: "de-DE", viewport: { width: 1440, height: 900 } };

  await step("the composer loads little script, with its German", async () => {
    const first = await open(options);
    // What waits until the browser has time is not of the first load.
    await first.addInitScript("globalThis.requestIdleCallback = () => 0");
    const loading: Promise<number>[] = [];
    first.on("response", (response) => {
      if (response.url().endsWith(".js")) loading.push(response.body().then((body) => gzipSync(body).length));
    });
    await first.goto(`${world.url}/compose?mode=test`);
    await first.getByRole("heading", { level: 1, name: "Neuer Beitrag" }).waitFor();
    await first.waitForLoadState("networkidle");
    const bytes = (await Promise.all(loading)).reduce((sum, each) => sum + each, 0);
    assert.ok(bytes <= MAX_SCRIPT_BYTES, `${bytes} bytes`);
  });

  await step("what is wrong is said in English until the German is there, and the text stays", async () => {
    const slow = await open(options);
    const german = Promise.withResolvers<void>();
    await slow.route(/\/assets\/de-[^/]+\.js$/, async (route) => {
      const response = await route.fetch();
      if ((await response.text()).includes("nach der Zählung der Plattform")) await german.promise;
      await route.fulfill({ response });
    });
    await slow.goto(`${world.url}/compose?mode=test`);
    await slow.getByRole("checkbox", { name: /^X \(Twitter\)/ }).check();
    const text = slow.getByLabel("Text", { exact: true });
    await text.fill("Neues. ".repeat(50).trim());
    await slow.getByText(/^X \(Twitter\) text is too long/).waitFor();
    assert.equal(await text.isVisible(), true);
    german.resolve();
    await slow.getByText(/^Text für X \(Twitter\) ist zu lang/).waitFor();
    await slow.context().close();
  });

  const page = await open(options);
  await page.goto(`${world.url}/compose?mode=test`);

  await step("labels, hints, duties and what is wrong, for each platform", async () => {
    for (const name of PLATFORM_NAMES)
      await page.getByRole("checkbox", { name: new RegExp(`^${labelOf(name)}`) }).check();
    await page.getByLabel("Text", { exact: true }).fill("Gute Neuigkeiten. ".repeat(300).trim());
    await page.getByText("Instagram unterstützt ein Bild, ein Video oder 2 bis 10 Bilder und Videos.").waitFor();
    await page
      .getByText("Text für X (Twitter) ist zu lang: 5.399 von 280 Zeichen (nach der Zählung der Plattform).")
      .waitFor();
    for (const name of PLATFORM_NAMES) {
      await page.getByRole("tab", { name: new RegExp(`^${labelOf(name)}`) }).click();
      await page.getByText(`Einstellungen für ${catalog[name].capabilities.label}`, { exact: true }).click();
      await assertGerman(page);
    }
    await page.getByRole("tab", { name: /^TikTok/ }).click();
    await page.getByLabel("Wer kann diesen Beitrag sehen?").selectOption("Alle");
    await page.getByLabel("Kommerzielle Inhalte offenlegen").check();
    await page.getByText("Gib an, ob dein Inhalt für dich selbst, für Dritte oder für beide wirbt.").first().waitFor();
    await page.getByLabel("Markeninhalt").check();
    await page.getByText("Der Beitrag wird mit „Bezahlte Partnerschaft“ gekennzeichnet.").waitFor();
    await page.locator(".on-tiktok").getByText("Teilen").first().waitFor();
    await assertGerman(page);
    await assertAccessible(page);
  });

  await step("times in sentences are of another time zone as soon as it is chosen", async () => {
    await world.services.pool.query(
      `update accounts set token_health = 'revoked', token_health_reason = $2
       where user_id = $1 and mode = 'test' and platform = 'threads'`,
      [
        world.test.userId,
        "Access to the Threads account expires at 2027-01-15T20:30:00.000Z, before the post is published.",
      ],
    );
    const choose = async (timeZone: string) => {
      await page.goto(`${world.url}/settings?mode=test`);
      await page.getByLabel("Zeitzone").selectOption(timeZone);
      await page.getByRole("button", { name: "Speichern", exact: true }).click();
      await page.getByText("Dein Profil wurde gespeichert.").first().waitFor();
      await page.getByRole("link", { name: "Plattformen" }).first().click();
    };
    await choose("UTC");
    await page.getByText(/endet am 15\.01\.2027, 20:30/).waitFor();
    await choose("Asia/Tokyo");
    await page.getByText(/endet am 16\.01\.2027, 05:30/).waitFor();
  });

  await step("what is wrong with a field is said of the label that it has", async () => {
    await page.getByRole("button", { name: /^Optionen von [^@]*$/ }).click();
    await page.getByRole("menuitem", { name: "Veröffentlichungszeiten", exact: true }).click();
    await page.getByLabel("Montag").fill("25:00");
    await page.getByRole("button", { name: "Veröffentlichungszeiten speichern" }).click();
    await page.getByText("„Montag“ muss eine Uhrzeit sein, etwa 09:30.", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.goto(`${world.url}/developers/webhooks?mode=test`);
    await page.getByRole("button", { name: "Webhook erstellen" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("URL").fill("http://10.0.0.1/events");
    await dialog.getByRole("button", { name: "Webhook erstellen" }).click();
    await dialog.getByText(/^URL führt zu einer nicht öffentlichen Adresse.*Verwende eine öffentlich/).waitFor();
    await page.keyboard.press("Escape");
  });

  await step("why a webhook gets nothing, in German, and what a program was told, as it was", async () => {
    const { body } = await world.call(world.test, "POST", "/api/v1/webhooks", { url: "https://app.example.com/a" });
    const id = idOf(body, "webhook");
    await world.call(world.test, "POST", `/api/v1/webhooks/${id}/test`);
    const said = [
      "The URL could not be fetched: its host name does not exist.",
      "The URL did not respond in time.",
      "Dropped: 5000 newer deliveries of this webhook were pending.",
    ];
    const attempts = said.map((error, index) => ({
      at: new Date(index).toISOString(),
      status: null,
      durationMilliseconds: 10,
      error,
      answer: null,
    }));
    const { pool } = world.services;
    await pool.query("update webhooks set status = 'disabled', disabled_reason = $2 where id = $1", [
      id,
      "The endpoint responded with status 410 (Gone).",
    ]);
    await pool.query("update webhook_deliveries set attempts = $2 where webhook_id = $1", [
      id,
      JSON.stringify(attempts),
    ]);
    await page.goto(`${world.url}/developers/webhooks/${id}?mode=test`);
    await page.getByText("Der Endpunkt hat mit Status 410 (Gone) geantwortet.").waitFor();
    await page.getByText("webhook.test").first().click();
    await page.getByText("Die URL war nicht erreichbar: der Hostname existiert nicht.").waitFor();
    await page.getByText("Verworfen: 5.000 neuere Zustellungen dieses Webhooks standen noch aus.").waitFor();
    await assertGerman(page);
    const refused = await world.call(world.test, "POST", "/api/v1/posts", { content: {}, platforms: [] });
    const request = refused.headers.get("x-request-id") ?? "";
    const message = String(Object(refused.body).error);
    await page.goto(`${world.url}/developers/requests/${request}?mode=test`);
    await page.locator("[lang=en]").getByText(message).first().waitFor();
    await page.goto(`${world.url}/developers/requests?mode=test`);
    await page.locator("[lang=en]").getByText(message).first().waitFor();
  });

  await step("in English again, when the language is changed", async () => {
    await page.goto(`${world.url}/settings?mode=test`);
    await page.getByLabel("Sprache").selectOption("en");
    await page.goto(`${world.url}/compose?mode=test`);
    await page.getByRole("checkbox", { name: /^TikTok/ }).check();
    await page.getByRole("tab", { name: /^TikTok/ }).click();
    await page.getByLabel("Who can see this post").waitFor();
  });

  assert.deepEqual(troubles, []);
});

function labelOf(name: (typeof PLATFORM_NAMES)[number]): string {
  return catalog[name].capabilities.label.replace(/[()]/g, "\\$&");
}

async function assertGerman(page: Page): Promise<void> {
  const shown = await page.locator("main").innerText();
  assert.deepEqual(
    ENGLISH.filter((text) => new RegExp(`(?<![\\p{L}])${text.replace(".", "\\.")}(?![\\p{L}])`, "u").test(shown)),
    [],
  );
}
