import { RESET_MINUTES } from "../model/lifetimes.ts";
import { createResetLink } from "../server/domain/users/open-auth.ts";
import { answer } from "./answer.ts";
import { withInstance } from "./instance-command.ts";

export async function runResetPassword(email: string, options: { json?: boolean }): Promise<void> {
  const link = await withInstance(({ pool, log, oauth, config }) =>
    createResetLink({ pool, log, vault: oauth.vault, appUrl: config.appUrl }, email),
  );
  if (link === null) throw new Error(`No user has the email address ${email}.`);
  answer(options, { email, link }, [
    link,
    `Anyone with this link can set a new password for ${email}, once, in the next ${RESET_MINUTES} minutes. ` +
      "Setting it signs the user out everywhere.",
  ]);
}
