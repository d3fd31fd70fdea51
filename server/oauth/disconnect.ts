import type pg from "pg";
import { z } from "zod";

import { MODES, PLATFORM_NAMES } from "../../model/platform-names.ts";
import type { AccountKey } from "../../model/tenant.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { reportScheduledOf } from "../db/queries/bound-posts.ts";
import { type ConnectionRow, findSharedGrant, lockConnection, revokeAccount } from "../db/queries/connections.ts";
import { deleteGrantedAccounts } from "../db/queries/oauth-attempts.ts";
import { recordAccountEvent } from "../db/queries/outbox.ts";
import { VaultError } from "../vault/vault.ts";
import { appOf } from "./app.ts";
import type { AuthorizationGrant } from "./authorizations.ts";
import { type OAuthServices, platformClient } from "./services.ts";
import { openGrant } from "./stored-grant.ts";

/**
 * A grant that Ampost has deleted but the platform has not revoked: the data of a job on `REVOKE_QUEUE`. If no account
 * was connected, `accountId` is the sign-in's ID.
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

/** Its encrypted data: the grant, and its app, which may be gone before the platform responds. */
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

/** What disconnecting an account has left to do. */
export interface Forgotten {
  accountId: string;
  /** How many scheduled posts will not be published until somebody acts. */
  scheduledPosts: number;
  /** What to send to `REVOKE_QUEUE` in the same transaction, so that the platform revokes the grant too; null: none. */
  revoke: RevokeJob | null;
}

/**
 * Deletes an account's grant in the transaction of `tx`, and reports its scheduled posts, which stay bound to it. The
 * account can still be read by its ID.
 */
export async function forgetConnection(
  services: OAuthServices,
  tx: pg.PoolClient,
  account: AccountKey,
  reason: string,
): Promise<Forgotten> {
  const { accountId, userId, mode } = account;
  const key = [accountId, userId, mode] as const;
  const scheduled = await reportScheduledOf.all(tx, key);
  for (const { id } of scheduled) notify(tx, CHANNELS.post, id);
  const scheduledPosts = scheduled.length;
  const held = await lockConnection.one(tx, key);
  await revokeAccount.run(tx, [...key, reason]);
  if (!held) return { accountId, scheduledPosts, revoke: null };
  const { platform, platform_account_id: platformAccountId } = held;
  const told = { platform, platformAccountId, reason, scheduledPosts };
  await recordAccountEvent(tx, account, "account.disconnected", told);
  const sealed = await sealSecrets(services, tx, held);
  const { login, oauth_app_id: oauthAppId, grantor_id: grantorId } = held;
  const revoke =
    sealed === null ? null : { accountId, mode, platform, platformAccountId, login, oauthAppId, grantorId, sealed };
  return { accountId, scheduledPosts, revoke };
}

/**
 * Deletes the grant of a sign-in that can no longer be completed, in the transaction of `tx`. Returns what to send to
 * `REVOKE_QUEUE` in the same transaction: one job per token, and none if an account was connected after all.
 */
export async function forgetGrants(
  services: OAuthServices,
  tx: pg.PoolClient,
  { authorization, accounts, source }: AuthorizationGrant,
): Promise<RevokeJob[]> {
  const { id: accountId, mode, platform } = authorization;
  const { login, oauthAppId, grantorId } = source;
  const dropped = await deleteGrantedAccounts.one(tx, [accountId]);
  // The same choice sent twice at the same time: the other one has connected an account that depends on this.
  if (dropped?.account_id) return [];
  const app = await appOf(services, { mode, platform, login, oauth_app_id: oauthAppId }, tx);
  const distinct = new Map(accounts.map((account) => [account.grant.accessToken, account]));
  return [...distinct.values()].map(({ grant, profile: { platformAccountId } }) => {
    const sealed = services.vault.seal(JSON.stringify({ app, grant }), sealContext({ accountId }));
    return { accountId, mode, platform, platformAccountId, login, oauthAppId, grantorId, sealed };
  });
}

/**
 * Asks the platform to revoke a deleted grant, if it supports that. Not if a connection depends on it, of this user or
 * another, such as the same account reconnected: platforms revoke everything a person granted to the app. Throws while
 * the platform is down.
 */
export async function revokeGrant(services: OAuthServices, data: unknown): Promise<void> {
  const job = revokeJob.parse(data);
  const oauth = services.oauthOf(job.platform, job.login);
  if (!oauth?.revoke) return;
  const shared = [job.mode, job.platform, job.platformAccountId, job.oauthAppId, job.grantorId] as const;
  if (await findSharedGrant.one(services.pool, shared)) return;
  const { app, grant } = secrets.parse(JSON.parse(services.vault.open(job.sealed, sealContext(job))));
  if (app !== null) await oauth.revoke(platformClient(services, oauth, app, job.mode), app, grant);
}

/** A grant that cannot be decrypted, because its key was lost, must not prevent disconnecting. */
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
