import type pg from "pg";
import type { Logger } from "pino";

import { type Auth, createAuth } from "../../auth/auth.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import { writeAuthLetter } from "../../mail/letters.ts";
import { sendMail } from "../../mail/send-mail.ts";
import type { Vault } from "../../oauth/vault.ts";
import { recordAudit } from "../audit/record.ts";
import type { Jobs, Sessions } from "../services.ts";

/** Signing in, with the audit log and the mail it writes to. */
export async function openAuth(deps: { pool: pg.Pool; log: Logger; vault: Vault; jobs: Jobs; appUrl: string }): Promise<Auth> {
  const { pool, log, vault, appUrl } = deps;
  return await createAuth({
    pool,
    log,
    appUrl,
    secret: await loadAuthSecret(pool, vault),
    record: async ({ sessionId, ...deed }, visit) => {
      const actor = sessionId === null ? ({ kind: "visitor", id: null } as const) : ({ kind: "session", id: sessionId } as const);
      await recordAudit(pool, { actor, ...visit }, deed);
    },
    sendLetter: async (to, letter) => await sendMail(deps, pool, writeAuthLetter(to, letter)),
  });
}

/** Who is signed in, by the headers of a request. */
export function sessionsOf(auth: Pick<Auth, "findSession">): Sessions {
  return {
    find: async (headers) => {
      const { cookie } = headers;
      return typeof cookie === "string" ? await auth.findSession(cookie) : null;
    },
  };
}
