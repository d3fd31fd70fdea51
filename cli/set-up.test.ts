import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { openInstallation } from "./installation.fixture.ts";

test("the first start prints a link that creates the owner once, emails are written to files, and the log shows none of the secrets", async (t) => {
  const installation = await openInstallation(t);
  await installation.json("bootstrap", "--json");
  const server = await installation.start("start", { AMPOST_LOG_LEVEL: "trace", AMPOST_SIGNUP: "open" });
  const post = (path: string, body: object) =>
    fetch(`${installation.url}/api/auth/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        host: new URL(installation.appUrl).host,
        origin: installation.appUrl,
      },
      body: JSON.stringify(body),
    });
  const secrets: string[] = [];
  const remember = (response: Response) =>
    secrets.push(
      ...response.headers
        .getSetCookie()
        .flatMap((cookie) => decodeURIComponent(/=([^;]{20,})/.exec(cookie)?.[1] ?? "").split(".")[0] || []),
    );

  const token = /\/setup\?token=(\S+)\n/.exec(server.output())?.[1] ?? "";
  const owner = { email: "owner@example.com", password: "correct horse battery staple", name: "Olga" };
  const first = await post("set-up", { token, ...owner });
  assert.equal(first.status, 200, await first.text());
  remember(first);
  assert.equal((await post("set-up", { token, ...owner })).status, 400);
  remember(await post("sign-in/email", { email: owner.email, password: owner.password }));
  await post("sign-in/email", { email: owner.email, password: "another horse entirely" });
  await post("request-password-reset", { email: owner.email });
  await post("sign-up/email", { email: "ada@example.com", password: "yet another long password" });

  const folder = join(installation.dataDir, "mail");
  await installation.until(async () => server.output().split("an email was written to a file").length === 3);
  const emails = await Promise.all(
    (await readdir(folder)).map(async (name) =>
      (await readFile(join(folder, name), "utf8")).replaceAll("=\r\n", "").replaceAll("=3D", "="),
    ),
  );
  assert.deepEqual(emails.map((email) => /^To: .*?([\w.]+@[\w.]+)/m.exec(email)?.[1]).sort(), [
    "ada@example.com",
    "owner@example.com",
  ]);
  secrets.push(
    owner.password,
    "another horse entirely",
    "yet another long password",
    ...emails.map((email) => /token=(\S+)/.exec(email)?.[1] ?? ""),
  );

  const log = server
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .join("\n");
  assert.ok(
    log.includes('"level":"debug"') && secrets.length >= 7 && secrets.every((secret) => secret.length >= 20),
    JSON.stringify(secrets),
  );
  for (const secret of [...secrets, token]) assert.ok(!log.includes(secret), `${secret.slice(0, 6)}… is in the log`);
  assert.equal(await server.end("SIGTERM"), 0);

  const again = await installation.start("start");
  assert.ok(!again.output().includes("/setup?token="));
  assert.equal(await again.end("SIGTERM"), 0);
});
