import type { AuthEmail, EndingAccount } from "../../model/emails.ts";
import { RESET_MINUTES, VERIFY_HOURS } from "../../model/lifetimes.ts";
import { oneLine } from "../../model/one-line.ts";
import type { Mail } from "./send-mail.ts";

/** The text of every email about signing in. */
export function renderAuthEmail(to: string, email: AuthEmail): Mail {
  switch (email.kind) {
    case "verify_email":
      return mail(to, "Confirm your email address", [
        "Confirm your email address to sign in to Ampost:",
        email.link,
        `This link expires in ${VERIFY_HOURS} hours. If you did not sign up for Ampost, you can ignore this email.`,
      ]);
    case "already_signed_up":
      return mail(to, "You already have an account", [
        "Someone, perhaps you, tried to sign up for Ampost with this email address. " +
          "You already have an account, so nothing was changed.",
        `Sign in: ${email.signInLink}`,
        `Forgot your password? Reset it: ${email.forgotLink}`,
      ]);
    case "password_reset":
      return mail(to, "Reset your password", [
        "Someone, perhaps you, asked to reset the password of your Ampost account. Set a new password:",
        email.link,
        `This link works once and expires in ${RESET_MINUTES} minutes. ` +
          "Setting a new password signs you out everywhere. If you did not ask for this, you can ignore this email: " +
          "your password stays the same.",
      ]);
    case "email_change":
      return mail(to, "Approve your new email address", [
        `Someone, probably you, asked to change the email address of your Ampost account to ${email.newEmail}. ` +
          "Approve the change here; we will then ask you to confirm the new address:",
        email.link,
        "If you did not ask for this, someone else is signed in to your account. " +
          "Change your password and sign out of all other sessions in your settings.",
      ]);
    case "invite":
      return mail(to, "You have been invited to Ampost", [
        `${oneLine(email.invitedBy)} invited you to publish with Ampost. Create your account:`,
        email.link,
        `This link works once and expires in ${email.days} days.`,
      ]);
  }
}

/** A warning that a connected account's access expires soon. */
export function renderExpiryEmail(ending: EndingAccount, appUrl: string): Mail {
  const { label, mode, endsAt, scheduledPosts } = ending;
  const name = oneLine(ending.name);
  const at = `${endsAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const posts =
    scheduledPosts === 1
      ? "1 post is scheduled"
      : `${scheduledPosts === 0 ? "No" : scheduledPosts} posts are scheduled`;
  return mail(ending.email, `Reconnect your ${label} account ${name}${mode === "test" ? " (test mode)" : ""}`, [
    `Ampost's access to your ${label} account ${name} expires on ${at}. ` +
      "After that, posts to it will fail until you reconnect it.",
    `${posts} for this account after that time.`,
    `Reconnect it here: ${appUrl}/connections?mode=${mode}`,
  ]);
}

/** Tells the owner that publishing is held. */
export function renderHoldEmail(to: string, reason: string, appUrl: string): Mail {
  return mail(to, "Ampost has put publishing on hold", [
    `Ampost at ${appUrl} will not publish anything until you release it. ${reason}`,
    "Ampost is checking with the platforms which overdue posts are already live, so that nothing is published twice.",
    "Run `ampost publishing status` to see the details, and `ampost publishing release` to resume publishing. " +
      "If this instance is a copy and the original is still running, do not release it.",
  ]);
}

function mail(to: string, subject: string, paragraphs: string[]): Mail {
  return { to, subject, text: `${paragraphs.join("\n\n")}\n` };
}
