import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Logger } from "pino";
import { z } from "zod";

import type { Vault } from "../vault/vault.ts";
import { mailSealContext } from "./send-mail.ts";

export interface MailSettings {
  /** smtp:// or smtps://, with user and password; null: emails are written to the folder. */
  smtpUrl: string | null;
  from: string;
  /** Where emails are written without a mail server. */
  folder: string;
}

export interface DeliverDeps {
  vault: Vault;
  log: Pick<Logger, "info">;
  mail: MailSettings;
}

const job = z.object({ id: z.uuid(), sealed: z.string() });
const email = z.object({
  to: z.string(),
  from: z.string().optional(),
  subject: z.string(),
  text: z.string(),
  unsubscribe: z.string().optional(),
});

/**
 * The job of MAIL_QUEUE. Throws if the email could not be handed over: it is then retried with the same Message-ID, by
 * which mail clients recognize a second copy.
 */
export async function deliverMail({ vault, log, mail }: DeliverDeps, data: unknown): Promise<void> {
  const { id, sealed } = job.parse(data);
  const { to, from, subject, text, unsubscribe } = email.parse(JSON.parse(vault.open(sealed, mailSealContext(id))));
  const message = {
    messageId: `<${id}@${domainOf(mail.from)}>`,
    from: from === undefined ? mail.from : { name: from, address: addressOf(mail.from) },
    to: { name: "", address: to },
    subject,
    text,
    headers: { "Auto-Submitted": "auto-generated", ...(unsubscribe !== undefined && oneClick(unsubscribe)) },
  };
  if (mail.smtpUrl === null) {
    const path = await writeEmail(mail.folder, id, message);
    log.info({ subject, path }, "AMPOST_SMTP_URL is not set, so an email was written to a file");
    return;
  }
  const transport = await openTransport(mail.smtpUrl);
  try {
    await transport.sendMail(message);
  } finally {
    transport.close();
  }
}

/** RFC 8058: programs unsubscribe without opening the page. The header must not be encoded. */
function oneClick(url: string): Record<string, string | { prepared: true; value: string }> {
  return {
    "List-Unsubscribe": { prepared: true, value: `<${url}>` },
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}

/** A transport to the mail server, not yet connected. The caller closes it. */
export async function openTransport(smtpUrl: string) {
  const { createTransport } = await import("nodemailer");
  return createTransport({ url: smtpUrl, connectionTimeout: 20_000, greetingTimeout: 20_000, socketTimeout: 60_000 });
}

/** The text stays as it is: in the encoding that mail servers need, links could not be copied. */
async function writeEmail(folder: string, id: string, message: { text: string }): Promise<string> {
  const { createTransport } = await import("nodemailer");
  const sent = await createTransport({ streamTransport: true, buffer: true }).sendMail(message);
  const [head = ""] = String(sent.message).split("\r\n\r\n", 1);
  const bytes = [head.replace(/^(Content-Transfer-Encoding: ).*/m, "$18bit"), "", ...message.text.split("\n")].join(
    "\r\n",
  );
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${id}.eml`);
  await writeFile(path, bytes, { mode: 0o600 });
  return path;
}

function addressOf(from: string): string {
  return from.split(/[\s<>]/).find((word) => word.includes("@")) ?? from;
}

function domainOf(from: string): string {
  return /@([^\s>]+)/.exec(from)?.[1] ?? "localhost";
}
