import type { NotificationKind } from "./notifications.ts";
import type { PlanName } from "./plans.ts";
import type { Mode } from "./platform-names.ts";
import type { MemberRole } from "./roles.ts";
import type { PostStatus } from "./status.ts";

/** The sign-in emails. Their links contain a short-lived token. */
export type AuthEmail =
  | { kind: "verify_email"; link: string }
  | { kind: "already_signed_up"; signInLink: string; forgotLink: string }
  | { kind: "password_reset"; link: string }
  | { kind: "email_change"; newEmail: string; link: string }
  | { kind: "invite"; invitedBy: string; link: string; days: number }
  | { kind: "member_invite"; invitedBy: string; role: MemberRole; link: string; days: number };

/** Something that a person is told by email. Texts come from users and platforms. */
export type Notice =
  | {
      kind: "failed" | "unknown";
      postId: string;
      /** The platforms' display names. */
      labels: readonly string[];
      text: string;
      /** What went wrong and what to do; null if nothing is known. */
      problem: string | null;
    }
  | { kind: "approval"; postId: string; text: string }
  | {
      kind: "decided";
      postId: string;
      text: string;
      /** Why the post was sent back; null if it was approved. */
      reason: string | null;
      /** What has become of it. */
      status: PostStatus;
      scheduledFor: Date | null;
    }
  | {
      kind: "accountAccess";
      label: string;
      /** The account's name. */
      name: string;
      /** When access expires, and how many posts are scheduled after that; null if it has ended. */
      expires: { at: Date; scheduledPosts: number } | null;
      reason: string | null;
    };

/** Notices of one kind: the first ones, and how many there are in all. */
export interface Notices {
  kind: NotificationKind;
  mode: Mode;
  total: number;
  notices: readonly Notice[];
}

/** The workspace that notices are about, and what its owner is called, for others. */
export interface NoticedWorkspace {
  id: string;
  owner: string | null;
}

/** What a user is told about their plan, and when it happens. */
export interface PlanNotice {
  kind: "payment_failed" | "trial_ending" | "plan_ending" | "plan_ended";
  plan: PlanName;
  at: Date;
}
