import type pg from "pg";

import { refusal } from "../../../contract/forms/parse.ts";
import type { Account } from "../../../contract/operations/accounts.ts";
import type { Choices, Replaced } from "../../../contract/operations/connections.ts";
import { PublicError, issueOf } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { mayAs } from "../../../model/roles.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import type { GrantedAccount } from "../../../platforms/choices.ts";
import { findActiveAccount, lockSet } from "../../db/queries/connections.ts";
import { findRole } from "../../db/queries/members.ts";
import { type AuthorizationRow, completeAuthorization } from "../../db/queries/oauth-attempts.ts";
import { type Db, transaction } from "../../db/sql.ts";
import {
  bindingOf,
  type AuthorizationGrant,
  storePendingChoice,
  openPendingChoice,
  startAuthorization,
  handleCallback,
} from "../../oauth/authorizations.ts";
import { ConnectError } from "../../oauth/connect-error.ts";
import { storeConnectionIn } from "../../oauth/connect.ts";
import { forgetGrants } from "../../oauth/disconnect.ts";
import { REVOKE_QUEUE } from "../../oauth/queues.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Actor, Answer, Call, Origin } from "../call.ts";
import { useConnectLink } from "../connect-links/open-connect-link.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { readAccount, scheduledOn } from "./accounts.ts";

type Connecting = Pick<Services, "pool" | "oauth" | "jobs">;

/** Starts connecting for a signed-in user; see `startAuthorization`. */
export async function startConnecting(
  services: Pick<Services, "oauth">,
  call: Tenant & Pick<Origin, "actor">,
  platform: PlatformName,
  asked: { platformSetId: string; login?: string | undefined; returnTo?: string | undefined },
): Promise<Answer<{ authorizeUrl: string }>> {
  const { userId, mode, actor } = call;
  const { platformSetId, login = "", returnTo = platformsPath(mode, actor.member && userId) } = asked;
  return {
    body: {
      authorizeUrl: await startAuthorization(services.oauth, {
        userId,
        mode,
        platformSetId,
        platform,
        login,
        returnTo,
        binding: bindingOfSession(actor),
      }),
    },
  };
}

/** What ties a session to its authorizations. */
export function bindingOfSession(actor: Actor): Buffer {
  if (actor.kind !== "session" || actor.id === null) throw new Error("Only a session connects accounts by itself");
  return bindingOf("session", actor.id);
}

/** The app's page of accounts, in a mode and another user's workspace. */
export function platformsPath(mode: Tenant["mode"], workspace?: string): string {
  return `/platforms?${new URLSearchParams({ mode, ...(workspace === undefined ? {} : { workspace }) })}`;
}

/** The result of a sign-in. */
export interface ConnectOutcome {
  authorization: AuthorizationRow;
  /** Null: the user still has to choose an account. */
  accountId: string | null;
}

/**
 * Completes a sign-in when the browser returns from a platform. A single account that replaces nothing is connected
 * immediately; otherwise the user must choose. Throws ConnectError.
 */
export async function finishConnecting(
  services: Connecting,
  from: Pick<Origin, "address" | "requestId"> & { session: { id: string; userId: string } | null },
  back: { platform: PlatformName; query: URLSearchParams; bindings: readonly Buffer[] },
): Promise<ConnectOutcome> {
  const taken = await handleCallback(services.oauth, back);
  const { authorization } = taken;
  if (taken.accounts === null) return { authorization, accountId: authorization.account_id };
  const [account, ...others] = taken.accounts;
  const accountId =
    account === undefined || others.length > 0
      ? null
      : await revokeOnFailure(services, taken, async () => {
          const actor = await actorOf(services, authorization, from.session);
          return await connectOnlyAccount(services, { ...from, actor }, taken, account);
        });
  if (accountId === null) await storePendingChoice(services.oauth, taken);
  return { authorization, accountId };
}

/** Null if it would replace another account, which only the user can confirm. */
async function connectOnlyAccount(
  services: Connecting,
  origin: Origin,
  granted: AuthorizationGrant,
  account: GrantedAccount,
): Promise<string | null> {
  const { authorization } = granted;
  try {
    const { accountId } = await transaction(services.pool, (tx) =>
      connectGranted(services, tx, origin, granted, account, { mayReplace: false }),
    );
    return accountId;
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    if (error.code === "VALIDATION_FAILED") return null;
    throw error.code === "NOT_FOUND"
      ? new ConnectError("set_gone", { platform: authorization.platform, authorization, cause: error })
      : error;
  }
}

/**
 * Which accounts a sign-in has given access to, the one in whose place the chosen one would come, and where the user
 * continues. Throws NOT_FOUND.
 */
export async function listChoices(
  services: Pick<Services, "pool" | "oauth">,
  who: Chooser,
  id: string,
): Promise<Answer<{ choices: Choices }> & { returnTo: string }> {
  const { authorization, accounts } = await openChoiceOf(services, who, id);
  const { user_id: userId, mode } = authorization;
  const active = await findReplaced(services.pool, authorization, null);
  const choices: Choices = {
    id,
    platform: authorization.platform,
    platformSetId: authorization.platform_set_id,
    mode: authorization.mode,
    accounts: accounts.map(({ profile: { platformAccountId, username, displayName, avatarUrl } }) => ({
      platformAccountId,
      username,
      displayName,
      avatarUrl,
      isConnected: active?.platform_account_id === platformAccountId,
    })),
    connected:
      active === null
        ? null
        : {
            id: active.id,
            platformAccountId: active.platform_account_id,
            username: active.username,
            displayName: active.display_name,
            scheduledPosts: await scheduledOn(services.pool, { userId, mode }, active.id),
          },
  };
  return { body: { choices }, returnTo: authorization.return_to };
}

/** Who chooses: what the browser presents and, for a signed-in user, whose objects it is about. */
export interface Chooser {
  bindings: readonly Buffer[];
  caller: Tenant | null;
}

/** The user's choice. `replace` confirms that it may replace another connected account. */
export interface AccountChoice {
  platformAccountId: string;
  replace?: boolean | undefined;
}

/**
 * Connects the chosen account. Throws NOT_FOUND, and VALIDATION_FAILED if it would replace another one without
 * confirmation.
 */
export async function chooseAccount(
  services: Connecting,
  call: Call,
  id: string,
  choice: AccountChoice,
): Promise<Answer<{ account: Account; replaced: Replaced | null }>> {
  const granted = await openChoiceOf(services, { bindings: [bindingOfSession(call.actor)], caller: call }, id);
  const account = findChosen(granted, choice);
  return await revokeOnFailure(services, granted, () =>
    write(services, call, async (tx) => {
      const { accountId, replaced } = await connectGranted(services, tx, call, granted, account, {
        mayReplace: choice.replace ?? false,
      });
      return { body: { account: await readAccount(services, tx, call, accountId), replaced } };
    }),
  );
}

/** The same for a browser without a session, through a connect link. */
export async function chooseByLink(
  services: Connecting,
  from: Pick<Origin, "address" | "requestId">,
  bindings: readonly Buffer[],
  id: string,
  choice: AccountChoice,
): Promise<ConnectOutcome> {
  const granted = await openChoiceOf(services, { bindings, caller: null }, id);
  const account = findChosen(granted, choice);
  const origin = { ...from, actor: await actorOf(services, granted.authorization, null) };
  const mayReplace = choice.replace ?? false;
  const { accountId } = await revokeOnFailure(services, granted, () =>
    transaction(services.pool, (tx) => connectGranted(services, tx, origin, granted, account, { mayReplace })),
  );
  return { authorization: granted.authorization, accountId };
}

/**
 * If a grant cannot be used, because the link or set was gone when the user returned or had chosen, the platform is
 * asked to revoke it.
 */
async function revokeOnFailure<Result>(
  services: Connecting,
  granted: AuthorizationGrant,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConnectError || (error instanceof PublicError && error.code === "NOT_FOUND")) {
      await transaction(services.pool, async (tx) => {
        for (const forgotten of await forgetGrants(services.oauth, tx, granted))
          await services.jobs.send(tx, REVOKE_QUEUE, forgotten);
      });
    }
    throw error;
  }
}

/**
 * The only place where a connected account is stored. Throws VALIDATION_FAILED if it would replace another one without
 * confirmation.
 */
async function connectGranted(
  services: Connecting,
  tx: pg.PoolClient,
  origin: Origin,
  { authorization, source }: AuthorizationGrant,
  account: GrantedAccount,
  { mayReplace }: { mayReplace: boolean },
): Promise<{ accountId: string; replaced: Replaced | null }> {
  const { id, user_id: userId, mode, platform_set_id: platformSetId, platform } = authorization;
  const place = { userId, mode, platformSetId, platform };
  // Locked, so that what is connected there stays the same until this is done.
  await lockSet.one(tx, [platformSetId, userId, mode]);
  const former = mayReplace ? null : await findReplaced(tx, authorization, account.profile.platformAccountId);
  if (former !== null)
    throw replacementNotConfirmed(
      platform,
      account.profile.platformAccountId,
      former.username ?? former.display_name ?? former.platform_account_id,
    );
  const { accountId, again, replaced } = await useConnectLink(tx, authorization, origin, (eventData) =>
    storeConnectionIn(services.oauth, tx, place, account, source, eventData),
  );
  if (!(await completeAuthorization.one(tx, [id, accountId])))
    throw new PublicError("NOT_FOUND", "An account has already been chosen.");
  const { platformAccountId } = account.profile;
  if (replaced !== null) {
    if (replaced.revoke !== null) await services.jobs.send(tx, REVOKE_QUEUE, replaced.revoke);
    await recordAudit(tx, origin, {
      userId,
      mode,
      action: "account.disconnected",
      target: replaced.accountId,
      data: { platform, replacedBy: accountId },
    });
  }
  await recordAudit(tx, origin, {
    userId,
    mode,
    action: again ? "account.reconnected" : "account.connected",
    target: accountId,
    data: { platform, platformSetId, platformAccountId },
  });
  return { accountId, replaced: replaced && { id: replaced.accountId, scheduledPosts: replaced.scheduledPosts } };
}

async function openChoiceOf(
  services: Pick<Services, "oauth">,
  { bindings, caller }: Chooser,
  id: string,
): Promise<AuthorizationGrant> {
  const granted = await openPendingChoice(services.oauth, id, bindings);
  const { user_id, mode } = granted.authorization;
  if (caller !== null && (caller.userId !== user_id || caller.mode !== mode))
    throw new PublicError("NOT_FOUND", "This choice has expired. Connect the account again.");
  return granted;
}

function findChosen(
  { authorization: { platform }, accounts }: AuthorizationGrant,
  { platformAccountId }: AccountChoice,
): GrantedAccount {
  const chosen = accounts.find(({ profile }) => profile.platformAccountId === platformAccountId);
  if (chosen !== undefined) return chosen;
  const message = `This ${catalog[platform].capabilities.label} account is not one you granted access to.`;
  const limit = accounts.map(({ profile }) => profile.platformAccountId);
  throw refusal([
    {
      rule: "connections.choice",
      code: "VALIDATION_FAILED",
      platform,
      path: "/platformAccountId",
      message,
      actual: platformAccountId,
      limit,
      fix: "Choose one of the listed accounts.",
    },
  ]);
}

function replacementNotConfirmed(platform: PlatformName, platformAccountId: string, former: string): PublicError {
  const message = `This would replace the ${catalog[platform].capabilities.label} account ${former} in the platform set.`;
  return refusal([
    issueOf({
      rule: "connections.replace",
      platform,
      path: "/replace",
      message,
      actual: platformAccountId,
      fix: "Confirm the replacement with replace, or connect the account to another platform set.",
    }),
  ]);
}

/** The set's connected account on the platform, unless it is this one. */
async function findReplaced(
  db: Db,
  { platform_set_id, platform, user_id, mode }: AuthorizationRow,
  platformAccountId: string | null,
) {
  const active = await findActiveAccount.one(db, [platform_set_id, platform, user_id, mode]);
  return active === undefined || active.platform_account_id === platformAccountId ? null : active;
}

async function actorOf(
  { pool }: Pick<Services, "pool">,
  authorization: AuthorizationRow,
  session: { id: string; userId: string } | null,
): Promise<Actor> {
  const { connect_link_id: link, user_id: userId, platform } = authorization;
  if (link !== null) return { kind: "connect_link", id: link };
  const actor = { kind: "session", id: session?.id ?? null } as const;
  if (session === null || session.userId === userId) return actor;
  // They may have left the workspace while they were at the platform.
  const member = await findRole.one(pool, [userId, session.userId]);
  if (member === undefined || !mayAs(member.role, "publisher"))
    throw new ConnectError("set_gone", { platform, authorization });
  return { ...actor, member: { id: member.id, userId: session.userId } };
}
