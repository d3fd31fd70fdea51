import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { NO_BRAND } from "../../model/brand.ts";
import { deliverMail } from "../../server/mail/deliver-mail.ts";
import { renderNoticeEmail } from "../../server/mail/emails.ts";
import { MAIL_QUEUE } from "../../server/mail/queues.ts";
import { sendMail } from "../../server/mail/send-mail.ts";
import { type MailServer, startMailServer } from "../mail-server.ts";
import { createWorld, PASSWORD, type World } from "../world.ts";

let world: World;
let server: MailServer;
before(async () => {
  world = await createWorld();
  server = await startMailServer();
});
after(async () => {
  server.close();
  await world.close();
});

/** What ends a header, or what a mail server or client may mistake for its end. */
const BREAKS = [
  "\r\n",
  "\n",
  "\r",
  "\u0085",
  "\u2028",
  "\u2029",
  "\v",
  "\f",
  "\0",
  "=0D=0A",
  "%0d%0a",
  "=?utf-8?Q?=0D=0A?=",
];
const TAILS = ["Bcc: evil@example.com", "\r\nhttps://evil.example/", ".\r\nMAIL FROM:<evil@example.com>"];
const NAMES = [
  ...BREAKS.flatMap((end) => TAILS.map((tail) => `Ada${end}${tail}`)),
  "Ada <evil@example.com>",
  '"Ada" <evil@example.com>, ',
  "=?utf-8?B?QmNjOiBldmlsQGV4YW1wbGUuY29t?=",
  "\r\n.\r\n",
];
const ADDRESSES = [
  ...BREAKS.map((end) => `ada@example.com${end}Bcc: evil@example.com`),
  ...BREAKS.map((end) => `"ada${end}Bcc: evil@example.com"@example.com`),
  "ada@example.com, evil@example.com",
  "ada@example.com; evil@example.com",
  "ada@example.com evil@example.com",
  "Ada <evil@example.com>",
  "<ada@example.com>, <evil@example.com>",
  "ada@example.com> BCC:<evil@example.com",
  "ada@example.com> NOTIFY=SUCCESS",
  "group: ada@example.com, evil@example.com;",
  "ada(evil@example.com)@example.com",
  '"ada@example.com, evil"@example.com',
];

/** Sends all pending emails. Returns what was received, after checking that each went to its recipient only. */
async function deliverAll(): Promise<{ to: string; head: string; text: string }[]> {
  const waiting = world.jobs.splice(0).filter(({ queue }) => queue === MAIL_QUEUE);
  const mail = { smtpUrl: server.url, from: "Ampost <ampost@example.com>", folder: "" };
  for (const { data } of waiting) {
    await deliverMail({ vault: world.services.vault, log: { info: () => undefined }, mail }, data);
  }
  const [emails, recipients] = [server.emails.splice(0), server.recipients.splice(0)];
  assert.equal(emails.length, waiting.length);
  assert.equal(recipients.length, waiting.length, `one recipient each: ${recipients.join()}`);
  return emails.map((email, index) => {
    const [head = "", ...text] = email.split("\r\n\r\n");
    return { to: recipients[index] ?? "", head, text: text.join("\r\n\r\n").replaceAll("=\r\n", "") };
  });
}

const HEADERS = [
  "message-id",
  "from",
  "to",
  "subject",
  "auto-submitted",
  "content-type",
  "content-transfer-encoding",
  "date",
  "mime-version",
];

/** Only notifications have them. */
const UNSUBSCRIBING = ["list-unsubscribe", "list-unsubscribe-post"];

function assertClean({ to, head }: { to: string; head: string }, what: string): void {
  const names = head
    .split(/\r\n(?![ \t])/)
    .map((line) => line.slice(0, line.indexOf(":")).toLowerCase())
    .filter((name) => !UNSUBSCRIBING.includes(name))
    .sort();
  assert.deepEqual(names, [...HEADERS].sort(), `${what}\n${head}`);
  assert.match(to, /^<[^<>\s,;:]+@[^<>\s,;:]+>$/, what);
  assert.doesNotMatch(to, /evil/, what);
  assert.doesNotMatch(head, /[^\x20-\x7e\r\n\t]|[^\r]\n|\r[^\n]/, what);
  const from = /^From: ((?:"(?:[^"\\]|\\.)*"|[^",<>])*) ?<ampost@example\.com>$/m;
  assert.match(head.replace(/\r\n[ \t]/g, " ").replaceAll("\r", ""), from, what);
}

test("an address that is more than one, or more than an address, receives no email", async () => {
  const owner = await world.signIn(world.test);
  await world.database.pool.query("update users set is_owner = true where id = $1", [world.test.userId]);
  const doors: readonly ((email: string) => Promise<unknown>)[] = [
    (email) => post("/api/auth/sign-up/email", { email, password: PASSWORD }),
    (email) => post("/api/auth/request-password-reset", { email }),
    (email) => post("/api/auth/send-verification-email", { email }),
    (email) => post("/api/auth/change-email", { newEmail: email }, owner),
    (email) => world.callAs(owner, "POST", "/api/invites", { email }),
  ];
  const left = [...ADDRESSES];
  while (left.length > 0) {
    const some = left.splice(0, 8);
    const honest = `new${left.length}@example.com`;
    await Promise.all([
      post("/api/auth/sign-up/email", { email: honest, password: PASSWORD }),
      ...some.flatMap((email) => doors.map((give) => give(email))),
    ]);
    const received = await deliverAll();
    assert.ok(
      received.some(({ to }) => to === `<${honest}>`),
      "an honest address is written to",
    );
    for (const email of received) assertClean(email, JSON.stringify(some));
    await world.database.pool.query("delete from throttles");
  }
});

test("a name from users or platforms adds no header or recipient, and starts no paragraph", async () => {
  const owner = await world.signIn(world.test);
  for (const name of NAMES) {
    await world.database.pool.query("update users set is_owner = true, name = $2 where id = $1", [
      world.test.userId,
      name.replaceAll("\0", ""),
    ]);
    await world.callAs(owner, "POST", "/api/invites", { email: `guest${Math.random()}@example.com` });
    await sendMail(
      world.services,
      world.database.pool,
      renderNoticeEmail(
        "ada@example.com",
        {
          kind: "accountAccess",
          mode: "live",
          total: 1,
          notices: [{ kind: "accountAccess", label: "Threads", name, expires: null, reason: name }],
        },
        {
          appUrl: "https://app.example",
          unsubscribe: "https://app.example/u",
          workspace: { id: "user_ada", owner: name },
          brand: { ...NO_BRAND, name },
        },
      ),
    );
    const received = await deliverAll();
    assert.equal(received.length, 2, name);
    for (const email of received) {
      assertClean(email, JSON.stringify(name));
      assert.doesNotMatch(email.text, /^(Bcc:|https:\/\/evil|MAIL FROM)/m, JSON.stringify(name));
    }
  }
});

const post = (path: string, body: object, cookie = "") => world.callAs(cookie, "POST", path, body);
