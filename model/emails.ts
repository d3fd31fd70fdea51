import type { PlanName } from "./plans.ts";
import type { Mode, PlatformName } from "./platform-names.ts";
import type { MemberRole } from "./roles.ts";

/** The sign-in emails. Their links contain a short-lived token. */
export type AuthEmail =
  | { kind: "verify_email"; link: string }
  | { kind: "already_signed_up"; signInLink: string; forgotLink: string }
  | { kind: "password_reset"; link: string }
  | { kind: "email_change"; newEmail: string; link: string }
  | { kind: "invite"; invitedBy: string; link: string; days: number }
  | { kind: "member_invite"; invitedBy: string; role: MemberRole; link: string; days: number };

/** The contents of an email about a connection that expires soon. */
export interface EndingAccount {
  email: string;
  platform: PlatformName;
  /** The platform's display name. */
  label: string;
  /** The account's name. */
  name: string;
  mode: Mode;
  endsAt: Date;
  /** How many posts are scheduled after the expiry. */
  scheduledPosts: number;
}

/** What a user is told about their plan, and when it happens. */
export interface PlanNotice {
  kind: "payment_failed" | "trial_ending" | "plan_ending" | "plan_ended";
  plan: PlanName;
  at: Date;
}
