import type { AuthLetter } from "../auth/letters.ts";
import { RESET_MINUTES, VERIFY_HOURS } from "../auth/lifetimes.ts";
import type { EndingAccount } from "../oauth/warn-of-ends.ts";
import type { Mail } from "./send-mail.ts";

/** Every letter that has to do with signing in, as people read it. */
export function writeAuthLetter(to: string, letter: AuthLetter): Mail {
  switch (letter.kind) {
    case "verify_email":
      return mail(to, "Confirm your e-mail address", [
        "Please confirm that this is your e-mail address, so that you can sign in to Ampost:",
        letter.link,
        `The link works for ${VERIFY_HOURS} hours. If you did not sign up, ignore this letter: nothing happens without the link.`,
      ]);
    case "already_signed_up":
      return mail(to, "You already have an account", [
        "Somebody, perhaps you, has just tried to sign up to Ampost with this address, which has an account already. Nothing was changed.",
        `Sign in here: ${letter.signInLink}`,
        `If you have forgotten your password, set a new one here: ${letter.forgotLink}`,
      ]);
    case "password_reset":
      return mail(to, "Set a new password", [
        "Somebody, perhaps you, has asked to set a new password for your Ampost account. Set it here:",
        letter.link,
        `The link works once, for ${RESET_MINUTES} minutes, and ends every session of the account. If it was not you, ignore this letter: your password stays as it is.`,
      ]);
    case "email_change":
      return mail(to, "Agree to a new e-mail address", [
        `Your Ampost account is about to change its e-mail address to ${letter.newEmail}. If that was you, agree here, and then confirm the new address with the letter that goes there:`,
        letter.link,
        "If it was not you, somebody is signed in as you: change your password and end the other sessions in the settings.",
      ]);
    case "invite":
      return mail(to, "You are invited to Ampost", [
        `${letter.invitedBy} invites you to publish with Ampost. Make your account here:`,
        letter.link,
        `The link works once, for ${letter.days} days.`,
      ]);
  }
}

/** What somebody is told whose connected account ends soon. */
export function writeExpiryLetter(ending: EndingAccount, appUrl: string): Mail {
  const { label, name, mode, endsAt, scheduledPosts } = ending;
  const at = `${endsAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const posts =
    scheduledPosts === 1
      ? "1 post is scheduled"
      : `${scheduledPosts === 0 ? "No" : scheduledPosts} posts are scheduled`;
  return mail(ending.email, `Reconnect ${label} account ${name}${mode === "test" ? " (test mode)" : ""}`, [
    `Your ${label} account ${name} must be reconnected before ${at}: ${label} ends Ampost's access to it then, and posts to it will fail.`,
    `${posts} on this account after that.`,
    `Reconnect it here: ${appUrl}/connections?mode=${mode}`,
  ]);
}

/** What the owner is told when publishing is held. */
export function writeHoldLetter(to: string, reason: string, appUrl: string): Mail {
  return mail(to, "Ampost has stopped publishing", [
    `Ampost at ${appUrl} publishes nothing until you say so. ${reason}`,
    "What was due meanwhile is being read back from the platforms, so that nothing is published twice.",
    "Look at it with `ampost publishing status`, and let publishing go on with `ampost publishing release`. If this is a copy and the original goes on, leave it held.",
  ]);
}

function mail(to: string, subject: string, paragraphs: string[]): Mail {
  return { to, subject, text: `${paragraphs.join("\n\n")}\n` };
}
