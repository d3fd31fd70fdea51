import type pg from "pg";
import { z } from "zod";

import { MODES, PLATFORM_NAMES } from "../../model/platform-names.ts";
import { type ConnectionRow, findSharedGrant, lockConnection, revokeAccount } from "../db/queries/connections.ts";
import { dropGranted } from "../db/queries/oauth-attempts.ts";
import { recordAccountEvent } from "../db/queries/outbox.ts";
import { VaultError } from "../vault/vault.ts";
import { appOf } from "./app.ts";
import type { AuthorizationGrant } from "./authorizations.ts";
import type { OAuthServices } from "./services.ts";
import { type AccountKey, openGrant } from "./stored-grant.ts";

/**
 * A grant that the product has forgotten and the platform has not: the data of a job on `REVOKE_QUEUE`. One that no
 * account came of has the id of its sign-in as `accountId`.
 */
export type RevokeJob = z.infer<typeof revokeJob>;

const revokeJob = z.object({
  accountId: z.string(),
  mode: z.enum(MODES),
  platform: z.enum(PLATFORM_NAMES),
  platformAccountId: z.string(),
  login: z.string(),
  oauthAppId: z.string().nullable(),
  grantorId: z.string().nullable(),
  sealed: z.string(),
});

/** What is sealed of it: the grant, and the app that it was given to, which may go before the platform has answered. */
const secrets = z.object({
  app: z.object({ clientId: z.string(), clientSecret: z.string(), redirectUri: z.string() }).nullable(),
  grant: z.object({
    accessToken: z.string(),
    refreshToken: z.string().nullable(),
    expiresInSeconds: z.number().nullable(),
    refreshExpiresInSeconds: z.number().nullable(),
    scopes: z.array(z.string()).nullable(),
  }),
});

/**
 * Forgets an account's grant in the transaction of `tx`. The account stays readable by its id. Answers what is to be
 * sent to `REVOKE_QUEUE` in the same transaction, so that the platform forgets it too; null where there was no grant.
 */
export async function forgetConnection(
  services: OAuthServices,
  tx: pg.PoolClient,
  account: AccountKey,
  reason: string,
): Promise<RevokeJob | null> {
  const key = [account.accountId, account.userId, account.mode] as const;
  const held = await lockConnection.one(tx, key);
  await revokeAccount.run(tx, [...key, reason]);
  if (!held) return null;
  const { platform, platform_account_id: platformAccountId } = held;
  await recordAccountEvent(tx, account, "account.disconnected", { platform, platformAccountId, reason });
  const sealed = await sealSecrets(services, tx, held);
  if (sealed === null) return null;
  const { accountId, mode } = account;
  return {
    accountId,
    mode,
    platform,
    platformAccountId,
    login: held.login,
    oauthAppId: held.oauth_app_id,
    grantorId: held.grantor_id,
    sealed,
  };
}

/**
 * Forgets what was granted in a sign-in that can come to nothing any more, in the transaction of `tx`. Answers what is
 * to be sent to `REVOKE_QUEUE` in the same transaction: one for each token, and nothing where an account has come of it
 * after all.
 */
export async function forgetGrants(
  services: OAuthServices,
  tx: pg.PoolClient,
  { authorization, accounts, source }: AuthorizationGrant,
): Promise<RevokeJob[]> {
  const { id: accountId, mode, platform } = authorization;
  const { login, oauthAppId, grantorId } = source;
  const dropped = await dropGranted.one(tx, [accountId]);
  // The same choice sent twice at once: the other has connected an account, which lives by this.
  if (dropped?.account_id) return [];
  const app = await appOf(services, { mode, platform, login, oauth_app_id: oauthAppId }, tx);
  const distinct = new Map(accounts.map((account) => [account.grant.accessToken, account]));
  return [...distinct.values()].map(({ grant, profile: { platformAccountId } }) => {
    const sealed = services.vault.seal(JSON.stringify({ app, grant }), sealContext({ accountId }));
    return { accountId, mode, platform, platformAccountId, login, oauthAppId, grantorId, sealed };
  });
}

/**
 * Asks the platform to take back a forgotten grant, where it has a call for that. Not where a connection lives by it,
 * of this user or another, such as the same account connected again: platforms take back all that a person granted to
 * the app. Throws while the platform is away.
 */
export async function revokeGrant(services: OAuthServices, data: unknown): Promise<void> {
  const job = revokeJob.parse(data);
  const oauth = services.oauthOf(job.platform, job.login);
  if (!oauth?.revoke) return;
  const shared = [job.mode, job.platform, job.platformAccountId, job.oauthAppId, job.grantorId] as const;
  if (await findSharedGrant.one(services.pool, shared)) return;
  const { app, grant } = secrets.parse(JSON.parse(services.vault.open(job.sealed, sealContext(job))));
  if (app !== null) await oauth.revoke(services.httpFor(job.mode), app, grant);
}

/** A grant that does not open, since its key was lost, must not keep anybody from disconnecting. */
async function sealSecrets(services: OAuthServices, tx: pg.PoolClient, held: ConnectionRow): Promise<string | null> {
  try {
    const app = await appOf(services, held, tx);
    return services.vault.seal(
      JSON.stringify({ app, grant: openGrant(services, held) }),
      sealContext({ accountId: held.account_id }),
    );
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    services.log.warn(
      { err: error, accountId: held.account_id },
      "A grant was deleted without asking the platform to revoke it",
    );
    return null;
  }
}

function sealContext({ accountId }: { accountId: string }) {
  return { table: "jobs", row: accountId, column: "sealed" };
}
