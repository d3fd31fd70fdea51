import { newId } from "../../model/ids.ts";
import type { JobSender } from "../db/job-sender.ts";
import type { Db } from "../db/sql.ts";
import type { Vault } from "../vault/vault.ts";
import { MAIL_QUEUE } from "./queues.ts";

/** An email in plain text. */
export interface Mail {
  to: string;
  /** The sender's name, on one line. Default: that in AMPOST_MAIL_FROM. */
  from?: string;
  subject: string;
  text: string;
  /** A URL to which mail programs send a request if the recipient wants no more of these emails. */
  unsubscribe?: string;
}

export interface MailSender {
  jobs: JobSender;
  vault: Vault;
}

/** Queues an email, which is sent if the transaction of `db` commits. Never waits for a mail server. */
export async function sendMail({ jobs, vault }: MailSender, db: Db, mail: Mail): Promise<void> {
  const id = newId();
  await jobs.send(db, MAIL_QUEUE, { id, sealed: vault.seal(JSON.stringify(mail), mailSealContext(id)) });
}

export function mailSealContext(id: string) {
  return { table: "mail", row: id, column: "sealed" };
}
