import { openTransport } from "../server/mail/deliver-mail.ts";
import type { Config } from "../server/start/config.ts";
import { sentenceOf } from "./answer.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

/** Whether emails can be sent: the mail server is reachable and accepts the credentials. Sends nothing. */
export async function checkMail({ mail, appUrl }: Pick<Config, "mail" | "appUrl">): Promise<Finding> {
  if (mail.smtpUrl === null) {
    const message = `no mail server is set; emails are written to ${mail.folder}`;
    return /^(localhost|127\..*|\[::1\])$/.test(new URL(appUrl).hostname)
      ? ok("mail", message)
      : warning("mail", message, "Set AMPOST_SMTP_URL so that invitations and password resets reach people.");
  }
  const { host } = new URL(mail.smtpUrl);
  const transport = await openTransport(mail.smtpUrl);
  try {
    await transport.verify();
    return ok("mail", `${host} accepts email from ${mail.from}`);
  } catch (error) {
    return failed(
      "mail",
      `${host} does not accept email: ${sentenceOf(error)}`,
      "Check the server, port, user and password in AMPOST_SMTP_URL.",
    );
  } finally {
    transport.close();
  }
}
