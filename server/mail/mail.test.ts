import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { BOUNDS } from "../../model/bounds.ts";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { startMailServer } from "../../tests/mail-server.ts";
import { createVault } from "../vault/vault.ts";
import { deliverMail } from "./deliver-mail.ts";
import { type Mail, sendMail } from "./send-mail.ts";
import { sweepEmails } from "./sweep-emails.ts";

const vault = createVault([randomBytes(32)]);
const mail = {
  to: "ada@example.com",
  subject: "Grüße",
  text: `A link: https://example.com/x?token=secret-token${"&a=b".repeat(30)}\n.\nThe end of the Grüße\n`,
};
let database: TestDatabase;
let folder: string;

before(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "ampost-mail-"));
});
after(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** An email as it lies on the job queue. */
async function queued(changed: Partial<Mail> = {}): Promise<object> {
  const sent: object[] = [];
  const jobs = { send: async (_db: unknown, _queue: unknown, data: object) => void sent.push(data) };
  await sendMail({ vault, jobs }, database.pool, { ...mail, ...changed });
  return sent[0] ?? {};
}

function settings(smtpUrl: string | null) {
  const said: unknown[] = [];
  return {
    said,
    deps: {
      vault,
      log: { info: (...args: unknown[]) => void said.push(args) },
      mail: { smtpUrl, from: "Ampost <ampost@example.com>", folder },
    },
  };
}

test("the queued email is unreadable, and cannot be decrypted elsewhere", async () => {
  const job = await queued();
  assert.doesNotMatch(JSON.stringify(job), /secret-token|ada@/);
  await assert.rejects(
    deliverMail(settings(null).deps, { ...job, id: "01980b7a-6c00-7000-8000-000000000001" }),
    /does not open/,
  );
});

test("without a mail server, an email is written to a file, and the log says where, not what", async () => {
  const { deps, said } = settings(null);
  await deliverMail(deps, await queued());
  const [name = ""] = await readdir(folder);
  const written = await readFile(join(folder, name), "utf8");
  assert.match(written, /^To: ada@example\.com/m);
  assert.ok(written.endsWith(mail.text.replaceAll("\n", "\r\n")), "links in it can be copied");
  assert.match(written, /^Content-Transfer-Encoding: 8bit\r$/m);
  assert.match(JSON.stringify(said), /Grüße.*\.eml/);
  assert.doesNotMatch(JSON.stringify(said), /secret-token/);
});

test("an email has the sender's name that it was given, and otherwise that of the instance, with the same address", async (t) => {
  const server = await startMailServer();
  t.after(() => server.close());
  for (const [from, name] of [
    ["Ampost <ampost@example.com>", "Acme, Social"],
    ["ampost@example.com", "Acme, Social"],
    ["Ampost <ampost@example.com>", undefined],
  ] as const) {
    const { deps } = settings(server.url);
    await deliverMail(
      { ...deps, mail: { ...deps.mail, from } },
      await queued(name === undefined ? {} : { from: name }),
    );
  }
  assert.deepEqual(
    server.emails.map((sent) => /^From: (.*)\r$/m.exec(sent)?.[1]),
    ['"Acme, Social" <ampost@example.com>', '"Acme, Social" <ampost@example.com>', "Ampost <ampost@example.com>"],
  );
});

test("an email rejected by the mail server is retried, recognizably as the same", async (t) => {
  const server = await startMailServer({ refusals: 1 });
  t.after(() => server.close());
  const { deps } = settings(server.url);
  const job = await queued();
  await assert.rejects(deliverMail(deps, job));
  await deliverMail(deps, job);
  await deliverMail(deps, job);
  assert.equal(server.emails.length, 2);
  const ids = server.emails.map((email) => /^Message-ID: (.*)$/m.exec(email)?.[1]);
  assert.equal(ids[0], ids[1]);
  assert.match(server.emails[0] ?? "", /^From: Ampost <ampost@example\.com>/m);
  assert.match(server.emails[0] ?? "", /secret-token/);
});

test("a mail server that is down is an error, not a crash", async () => {
  await assert.rejects(deliverMail(settings("smtp://127.0.0.1:1").deps, await queued()), /ECONNREFUSED|connect/);
});

test("emails in files are kept for a while, up to a number", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-emails-"));
  t.after(() => rm(folder, { recursive: true }));
  const day = 86_400_000;
  const names = Array.from({ length: BOUNDS.keptEmails + 2 }, (_, n) => `${String(n).padStart(6, "0")}.eml`);
  for (const name of [...names, "notes.txt"]) await writeFile(join(folder, name), "");
  const old = new Date(Date.now() - (BOUNDS.keptEmailDays + 1) * day);
  for (const name of [names.at(-1) ?? "", "notes.txt"]) await utimes(join(folder, name), old, old);
  await sweepEmails(folder);
  assert.deepEqual((await readdir(folder)).sort(), [...names.slice(2, -1), "notes.txt"]);
  await sweepEmails(join(folder, "missing"));
});
