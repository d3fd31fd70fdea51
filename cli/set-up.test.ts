import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { openInstallation } from "./installation.fixture.ts";

test("the first start prints a link that creates the owner once, emails are written to files, the log shows none of the secrets, and the operator can reset a password", async (t) => {
  const installation = await openInstallation(t, { database: "embedded" });
  await installation.json("bootstrap", "--json");
  const tooEarly = await installation.run(["users", "reset-password", "owner@localhost"]);
  assert.deepEqual([tooEarly.code, /open the link it prints/.test(tooEarly.stderr)], [1, true], tooEarly.stderr);
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

  await installation.until(async () => /\/setup\?token=\S+\n/.test(server.output()));
  assert.match(server.output(), /# a carousel[^]*\/setup\?token=/, "the link comes last");
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
  const emails = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
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
  assert.doesNotMatch(again.output(), /setup\?token=|# a carousel/);

  const { link } = await installation.json("users", "reset-password", owner.email, "--json");
  const reset = (newPassword: string) =>
    post("reset-password", { newPassword, token: new URL(String(link)).searchParams.get("token") });
  assert.equal((await reset("a password that is new")).status, 200);
  assert.equal((await reset("a password that is newer")).status, 400);
  const signedIn = await post("sign-in/email", { email: owner.email, password: "a password that is new" });
  assert.equal(signedIn.status, 200);
  const unknown = await installation.run(["users", "reset-password", "nobody@example.com"]);
  assert.deepEqual([unknown.code === 0, /No user has the email address/.test(unknown.stderr)], [false, true]);
  assert.equal(await again.end("SIGTERM"), 0);
});
