import type pg from "pg";
import type { Logger } from "pino";

import type { Brand } from "../../../model/brand.ts";
import type { AuthEmail } from "../../../model/emails.ts";
import type { Auth } from "../../auth/auth.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import type { JobSender } from "../../db/job-sender.ts";
import { renderAuthEmail } from "../../mail/emails.ts";
import { sendMail } from "../../mail/send-mail.ts";
import type { Vault } from "../../vault/vault.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { tellNewEmail } from "../billing/change-email.ts";
import { brandOfEmail } from "../branding/branding.ts";
import type { Sessions } from "../services.ts";
import { suspended } from "./suspended.ts";

interface AuthParts {
  /** How emails look, unless the user's own look is set. */
  brand: Brand;
  pool: pg.Pool;
  log: Logger;
  vault: Vault;
  appUrl: string;
}

/**
 * Sign-in, with its audit log and emails. The library is half as large as the product, and most processes never see a
 * sign-in, so it is loaded on demand.
 */
export function openAuth(parts: AuthParts & { jobs: JobSender }): () => Promise<Auth> {
  let opened: Promise<Auth> | undefined;
  return async () => {
    opened ??= open(parts, {
      sendEmail: async (to, email) => {
        const brand = await brandOfEmail(parts.pool, parts.brand, to);
        await sendMail(parts, parts.pool, renderAuthEmail(to, email, brand));
      },
      emailVerified: (userId) => tellNewEmail(parts, userId),
    });
    // If loading failed, the next caller tries again.
    opened.catch(() => (opened = undefined));
    return await opened;
  };
}

/**
 * A link with which whoever has it sets a new password for a user, once, for RESET_MINUTES. For the operator: no email
 * is sent. Null if no user has this email address.
 */
export async function createResetLink(parts: Omit<AuthParts, "brand">, email: string): Promise<string | null> {
  let link: string | null = null;
  const auth = await open(parts, {
    sendEmail: async (_to, sent) => {
      if (sent.kind === "password_reset") link = sent.link;
    },
  });
  await auth.as({ address: null, requestId: null }, () => auth.api.requestPasswordReset({ body: { email } }));
  return link;
}

async function open(
  { pool, log, vault, appUrl }: Omit<AuthParts, "brand">,
  {
    sendEmail,
    emailVerified,
  }: {
    sendEmail: (to: string, email: AuthEmail) => Promise<void>;
    emailVerified?: (userId: string) => Promise<void>;
  },
): Promise<Auth> {
  const { createAuth } = await import("../../auth/auth.ts");
  return await createAuth({
    pool,
    log,
    appUrl,
    secret: await loadAuthSecret(pool, vault),
    record: async ({ sessionId, ...entry }, origin) => {
      const actor =
        sessionId === null ? ({ kind: "visitor", id: null } as const) : ({ kind: "session", id: sessionId } as const);
      await recordAudit(pool, { actor, ...origin }, entry);
      if (entry.action === "user.email_verified" && entry.userId !== null) await emailVerified?.(entry.userId);
    },
    sendEmail,
  });
}

/** The signed-in user, from a request's headers. Throws UNAUTHORIZED if the user is suspended. */
export function sessionsOf(auth: () => Promise<Pick<Auth, "findSession">>): Sessions {
  return {
    find: async (headers) => {
      const { cookie } = headers;
      const session = typeof cookie === "string" ? await (await auth()).findSession(cookie) : null;
      if (session?.isSuspended === true) throw suspended();
      return session === null ? null : { id: session.id, userId: session.userId };
    },
  };
}
