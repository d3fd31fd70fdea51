/** The emails that belong to signing in. Their links hold a token that works for a short time. */
export type AuthEmail =
  | { kind: "verify_email"; link: string }
  | { kind: "already_signed_up"; signInLink: string; forgotLink: string }
  | { kind: "password_reset"; link: string }
  | { kind: "email_change"; newEmail: string; link: string }
  | { kind: "invite"; invitedBy: string; link: string; days: number };
