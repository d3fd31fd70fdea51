import type pg from "pg";
import type { Logger } from "pino";

import type { Auth } from "../../auth/auth.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import { renderAuthEmail } from "../../mail/emails.ts";
import { sendMail } from "../../mail/send-mail.ts";
import type { Vault } from "../../vault/vault.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Jobs, Sessions } from "../services.ts";

interface AuthParts {
  pool: pg.Pool;
  log: Logger;
  vault: Vault;
  jobs: Jobs;
  appUrl: string;
}

/**
 * Sign-in, with its audit log and emails. The library is half as large as the product, and most processes never see a
 * sign-in, so it is loaded on demand.
 */
export function openAuth(parts: AuthParts): () => Promise<Auth> {
  let opened: Promise<Auth> | undefined;
  return async () => {
    opened ??= open(parts);
    // If loading failed, the next caller tries again.
    opened.catch(() => (opened = undefined));
    return await opened;
  };
}

async function open(parts: AuthParts): Promise<Auth> {
  const { pool, log, vault, appUrl } = parts;
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
    },
    sendEmail: async (to, email) => await sendMail(parts, pool, renderAuthEmail(to, email)),
  });
}

/** The signed-in user, from a request's headers. */
export function sessionsOf(auth: () => Promise<Pick<Auth, "findSession">>): Sessions {
  return {
    find: async (headers) => {
      const { cookie } = headers;
      return typeof cookie === "string" ? await (await auth()).findSession(cookie) : null;
    },
  };
}
