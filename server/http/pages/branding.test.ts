import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";

import { z } from "zod";

import { contrastOf, NO_BRAND, refuseColor, refuseLogo, textColorOn, toLogo } from "../../../model/brand.ts";
import { asRefusal, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { openSetUp } from "../../domain/users/set-up.ts";
import { renderAuthEmail, renderNoticeEmail } from "../../mail/emails.ts";

let world: World;
before(async () => (world = await createWorld()));
after(() => world.close());

/** A PNG's signature and header, followed by other bytes. */
function pngOf(width: number, height: number, more = 40): Buffer {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write("IHDR", 4, "latin1");
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  header.set([8, 2, 0, 0, 0], 16);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), header, deflateSync(Buffer.alloc(more))]);
}

const LOGO = toLogo(pngOf(200, 60));
const BRANDING = {
  name: "Acme Social",
  logo: LOGO,
  color: "#0A58B8",
  darkColor: "#8ab8ff",
  supportAddress: "help@acme.example",
};

const brand = async (tenant: TestTenant, branding: object) =>
  await world.call({ ...tenant, key: await world.operatorKey() }, "PATCH", `/admin/v1/tenants/${tenant.userId}`, {
    branding,
  });

async function openLink(tenant: TestTenant): Promise<{ html: string; policy: string; url: string }> {
  const { body } = await world.call(tenant, "POST", "/api/v1/connect-links", {
    platformSetId: tenant.platformSetId,
    returnUrl: "https://app.example.com/connected",
  });
  const url = new URL(z.string().parse(objectIn(body, "connectLink").url)).pathname;
  return { ...(await open(url)), url };
}

async function open(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(world.url + path, { headers: { accept: "text/html", ...headers }, redirect: "manual" });
  return { html: await response.text(), policy: response.headers.get("content-security-policy") ?? "" };
}

test("a tenant's connect pages have its name, logo, colors and support address; other tenants' and the instance's do not", async () => {
  const [{ test: acme }, { test: other }] = [await world.makeTenants(), await world.makeTenants()];
  const changed = await brand(acme, BRANDING);
  const { logo: _, ...shown } = BRANDING;
  assert.deepEqual(objectIn(changed.body, "tenant").branding, { ...shown, color: "#0a58b8", hasLogo: true });
  const page = await openLink(acme);
  for (const part of [
    "<title>Connect an account · Acme Social</title>",
    "<b>Acme Social</b> wants to publish",
    `<img src="${LOGO}" alt="" />Acme Social`,
    ":root{--brand:#0a58b8;--on-brand:#ffffff}",
    "@media(prefers-color-scheme:dark){:root{--brand:#8ab8ff;--on-brand:#000000}}",
    '<a href="mailto:help@acme.example"',
  ])
    assert.ok(page.html.includes(part), `${part} in ${page.html}`);
  assert.ok(!page.html.includes("Ampost"), page.html);
  const cookie = await world.signIn(acme);
  assert.ok((await open("/posts", { cookie })).html.includes("Acme Social"));
  for (const { html } of [await openLink(other), await open("/sign-in"), await open("/connect/unknown")])
    assert.ok(!/Acme|--on-brand:#/.test(html) && html.includes("Ampost"), html);
});

test("a link that is over or fails looks like its tenant, too", async () => {
  const { test: acme } = await world.makeTenants();
  await brand(acme, BRANDING);
  const { url } = await openLink(acme);
  await world.services.pool.query("update connect_links set expires_at = now() where user_id = $1", [acme.userId]);
  const { html } = await open(url);
  assert.match(html, /This link has expired · Acme Social/);
});

test("a branded page loads nothing from elsewhere, and its policy allows exactly its own styles", async () => {
  const { test: acme } = await world.makeTenants();
  const plain = await openLink(acme);
  await brand(acme, BRANDING);
  const { html, policy } = await openLink(acme);
  const hashes = [...html.matchAll(/<style>([^]*?)<\/style>/g)].map(
    ([, style = ""]) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  );
  assert.equal(hashes.length, 2);
  assert.equal(policy, plain.policy.replace(/style-src [^;]+/, `style-src ${hashes.join(" ")}`));
  assert.match(policy, /img-src data:;/);
  const sources = [...html.matchAll(/ src="([^"]*)"/g)].map(([, source = ""]) => source);
  assert.deepEqual(sources, [LOGO]);
});

test("nothing of a brand becomes markup or style", async () => {
  const { test: acme } = await world.makeTenants();
  const name = `"><script>alert(1)</script>'\`</title><style>`;
  assert.equal((await brand(acme, { name })).status, 200);
  const { html } = await openLink(acme);
  assert.ok(!html.includes("<script") && html.includes("&#60;script&#62;"), html);
  for (const color of [
    "red",
    "#fff",
    "#0a58b8;}body{display:none",
    "url(https://evil.example)",
    "#0a58b",
    "#0a58bg",
    "var(--ink)",
  ]) {
    const { issues } = asRefusal(await brand(acme, { color }), 400);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ["/branding/color"],
      color,
    );
  }
  for (const supportAddress of [
    "javascript:alert(1)",
    "http://example.com/help",
    "https://user:password@example.com",
    "a@b",
    "x@example.com?bcc=y@example.com",
    "x@example.com\nbcc: y",
    "//example.com",
  ]) {
    const { issues } = asRefusal(await brand(acme, { supportAddress }), 400);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ["/branding/supportAddress"],
      supportAddress,
    );
  }
});

test("another logo changes the tenant's ETag, so a change made before it was seen is refused", async () => {
  const { test: acme } = await world.makeTenants();
  const etagWith = async (logo: string) => (await brand(acme, { logo })).headers.get("etag");
  const first = await etagWith(LOGO);
  assert.ok(first);
  assert.equal(await etagWith(LOGO), first);
  assert.notEqual(await etagWith(toLogo(pngOf(200, 60, 41))), first);
  const operator = { ...acme, key: await world.operatorKey() };
  const path = `/admin/v1/tenants/${acme.userId}`;
  asRefusal(await world.call(operator, "PATCH", path, { name: "Late" }, { "if-match": first }), 412);
});

test("a logo is a small PNG and nothing else", async () => {
  const { test: acme } = await world.makeTenants();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  for (const logo of [
    "https://evil.example/logo.png",
    `data:image/svg+xml;base64,${svg.toString("base64")}`,
    toLogo(svg),
    toLogo(pngOf(4000, 60)),
    toLogo(pngOf(0, 60)),
    toLogo(Buffer.concat([pngOf(10, 10), Buffer.alloc(70_000)])),
    `${LOGO}" onerror="alert(1)`,
    LOGO.replace("base64,", "base64,\n"),
    LOGO.replace("image/png", "text/html"),
  ]) {
    const { issues } = asRefusal(await brand(acme, { logo }), 400);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ["/branding/logo"],
      logo.slice(0, 60),
    );
  }
  assert.equal(refuseLogo(LOGO), null);
  assert.equal((await brand(acme, { logo: LOGO })).status, 200);
  const { body } = await brand(acme, { name: "Kept" });
  assert.partialDeepStrictEqual(objectIn(body, "tenant").branding, { name: "Kept", hasLogo: true });
  const removed = await brand(acme, { logo: null, name: null });
  assert.partialDeepStrictEqual(objectIn(removed.body, "tenant").branding, { name: null, hasLogo: false });
});

test("a color stands out from the page, and the text on it can be read", async () => {
  for (const [name, color] of [
    ["color", "#ffffff"],
    ["color", "#ffff00"],
    ["color", "#aaaaaa"],
    ["darkColor", "#000000"],
    ["darkColor", "#222266"],
  ] as const)
    assert.match(String(refuseColor(name, color)), /contrast/, color);
  for (const [name, color] of [
    ["color", "#000000"],
    ["color", "#0a58b8"],
    ["darkColor", "#ffff00"],
  ] as const)
    assert.equal(refuseColor(name, color), null);
  assert.equal(contrastOf("#ffffff", "#000000"), 21);
  for (let red = 0; red < 256; red += 15)
    for (let green = 0; green < 256; green += 15)
      for (let blue = 0; blue < 256; blue += 15) {
        const color = `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
        assert.ok(contrastOf(color, textColorOn(color)) >= 4.5, color);
      }
});

test("emails have the name and the support address of the brand, on one line each", () => {
  const look = { ...NO_BRAND, name: "Acme\nBcc: evil@example.com", supportAddress: "help@acme.example" };
  const email = renderAuthEmail("ada@example.com", { kind: "verify_email", link: "https://app.example/x" }, look);
  assert.match(email.text, /to sign in to Acme Bcc: evil@example\.com:\n/);
  assert.match(email.text, /\n\nQuestions\? help@acme\.example\n$/);
  const notice = { kind: "accountAccess", label: "Threads", name: "ada", expires: null, reason: null } as const;
  const expiry = renderNoticeEmail(
    "ada@example.com",
    { kind: "accountAccess", mode: "live", total: 1, notices: [notice] },
    {
      appUrl: "https://app.example",
      unsubscribe: "https://app.example/u",
      workspace: { id: "user_ada", owner: null },
      brand: { ...NO_BRAND, name: "Acme" },
    },
  );
  assert.deepEqual([email.from, expiry.from], ["Acme Bcc: evil@example.com", "Acme"]);
  assert.match(expiry.text, /^Acme has lost access to your Threads account/);
  assert.ok(!expiry.text.includes("Ampost"));
});

test("the instance's brand is on its own pages, and on those of tenants without one", async () => {
  const branded = await createWorld({
    brand: { ...NO_BRAND, name: "Example Social", color: "#b3261e", supportAddress: "https://example.com/help" },
  });
  try {
    const page = await (await fetch(`${branded.url}/sign-in`)).text();
    for (const part of ["· Example Social</title>", "--brand:#b3261e", 'href="https://example.com/help"'])
      assert.ok(page.includes(part), part);
    const link = new URL((await openSetUp(branded.services, branded.url)) ?? "");
    for (const path of [`/setup${link.search}`, "/privacy", "/terms", "/"]) {
      const text = await (await fetch(branded.url + path)).text();
      assert.match(text, /<title>(?:Set up |Privacy · |Terms · |)Example Social<\/title>/, path);
      assert.ok(text.includes("Example Social") && !text.includes("Ampost"), `${path}: ${text}`);
    }
    const failed = await fetch(`${branded.url}/nowhere`, { headers: { accept: "text/html" } });
    assert.match(await failed.text(), /Page not found · Example Social/);
    const unreadable = await fetch(`${branded.url}/%zz`, { headers: { accept: "text/html" } });
    assert.match(await unreadable.text(), /Something went wrong · Example Social/);
  } finally {
    await branded.close();
  }
});
