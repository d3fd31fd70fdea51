import type { Mode, PlatformName } from "./platform-names.ts";

/** The emails that belong to signing in. Their links hold a token that works for a short time. */
export type AuthEmail =
  | { kind: "verify_email"; link: string }
  | { kind: "already_signed_up"; signInLink: string; forgotLink: string }
  | { kind: "password_reset"; link: string }
  | { kind: "email_change"; newEmail: string; link: string }
  | { kind: "invite"; invitedBy: string; link: string; days: number };

/** What somebody has to know about a connection that ends soon. */
export interface EndingAccount {
  email: string;
  platform: PlatformName;
  /** The platform's name, as people write it. */
  label: string;
  /** What the account is called. */
  name: string;
  mode: Mode;
  endsAt: Date;
  /** How many posts are scheduled for after the end. */
  scheduledPosts: number;
}
