import type pg from "pg";

import { refusal } from "../../../contract/forms/parse.ts";
import type { Pause, Publishing } from "../../../contract/operations/publishing.ts";
import { type Issue, issueOf, PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { CHANNELS } from "../../db/listen.ts";
import { notify } from "../../db/notify.ts";
import { findAccount } from "../../db/queries/accounts.ts";
import { lockSet } from "../../db/queries/connections.ts";
import { findHold } from "../../db/queries/hold.ts";
import {
  bringForward,
  endPause,
  insertPause,
  insertPauseEvent,
  listPauses,
  type PauseRow,
} from "../../db/queries/pauses.ts";
import { findMe } from "../../db/queries/users.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call, Origin } from "../call.ts";
import { write } from "../idempotency.ts";
import { unknownSet } from "../posts/find-issues.ts";
import type { Services } from "../services.ts";

/** What a caller pauses: everything of theirs in the mode if nothing is named. */
export interface PauseRequest {
  platformSetId?: string | undefined;
  accountId?: string | undefined;
  instance?: boolean | undefined;
}

/** What is paused, and whether its operator does it. */
export type PauseTarget = Omit<PauseRow, "since">;

/** Whether the caller's posts are published, and what is paused. */
export async function getPublishing(
  { pool }: Pick<Services, "pool">,
  { userId, mode }: Pick<Call, "userId" | "mode">,
): Promise<Answer<{ publishing: Publishing }>> {
  return { body: { publishing: await readPublishing(pool, userId, mode) } };
}

/** Stops publishing for the target. It is the same to pause it twice. Throws NOT_FOUND for others' instances. */
export async function pausePublishing(
  services: Pick<Services, "pool">,
  call: Call,
  request: PauseRequest,
): Promise<Answer<{ publishing: Publishing }>> {
  return await change(services, call, request, startPause);
}

/** Ends the caller's own pause of the target, if there is one. Restricted keys cannot resume. */
export async function resumePublishing(
  services: Pick<Services, "pool">,
  call: Call,
  request: PauseRequest,
): Promise<Answer<{ publishing: Publishing }>> {
  const { policies } = call;
  if (policies !== null && (policies.draftOnly || policies.approvalRequired || policies.platforms !== null))
    throw refusal([restricted()]);
  return await change(services, call, request, stopPause);
}

async function change(
  services: Pick<Services, "pool">,
  call: Call,
  request: PauseRequest,
  work: (tx: pg.PoolClient, origin: Origin, target: PauseTarget) => Promise<unknown>,
): Promise<Answer<{ publishing: Publishing }>> {
  return await write(services, call, async (tx) => {
    await work(tx, call, await toTarget(tx, call, request));
    return { body: { publishing: await readPublishing(tx, call.userId, call.mode) } };
  });
}

async function readPublishing(db: Db, userId: string, mode: Mode): Promise<Publishing> {
  const [held, rows] = [await findHold.one(db), await listPauses.all(db, [userId, mode])];
  const pauses = rows.map(toPause);
  const isPaused = pauses.some(({ scope }) => scope === "instance" || scope === "user");
  return { status: held !== undefined ? "held" : isPaused ? "paused" : "running", pauses };
}

async function toTarget(tx: pg.PoolClient, call: Call, request: PauseRequest): Promise<PauseTarget> {
  const { platformSetId, accountId, instance = false } = request;
  if ([platformSetId !== undefined, accountId !== undefined, instance].filter(Boolean).length > 1)
    throw refusal([several()]);
  if (instance) {
    const isOwner = call.actor.kind === "session" && (await findMe.one(tx, [call.userId]))?.is_owner === true;
    if (!isOwner) throw new PublicError("NOT_FOUND", "Only the owner of the instance can pause or resume all of it.");
    return { user_id: null, mode: null, platform_set_id: null, account_id: null, by_operator: true };
  }
  const own: [userId: string, mode: Mode] = [call.userId, call.mode];
  if (platformSetId !== undefined && (await lockSet.one(tx, [platformSetId, ...own])) === undefined)
    throw refusal([unknownSet(platformSetId)]);
  if (accountId !== undefined && (await findAccount.one(tx, [accountId, ...own])) === undefined)
    throw refusal([unknownAccount(accountId)]);
  return {
    user_id: call.userId,
    mode: call.mode,
    platform_set_id: platformSetId ?? null,
    account_id: accountId ?? null,
    by_operator: false,
  };
}

/** False if it was paused already. */
export async function startPause(tx: pg.PoolClient, origin: Origin, target: PauseTarget): Promise<boolean> {
  if ((await insertPause.run(tx, [newId(), ...valuesOf(target)])) === 0) return false;
  await announce(tx, origin, target, "paused");
  return true;
}

/** What was put off is due at once. False if it was not paused. */
export async function stopPause(tx: pg.PoolClient, origin: Origin, target: PauseTarget): Promise<boolean> {
  if ((await endPause.run(tx, valuesOf(target))) === 0) return false;
  if (target.user_id !== null && target.mode !== null) await bringForward.run(tx, [target.user_id, target.mode]);
  notify(tx, CHANNELS.due);
  await announce(tx, origin, target, "resumed");
  return true;
}

async function announce(
  tx: pg.PoolClient,
  origin: Origin,
  target: PauseTarget,
  what: "paused" | "resumed",
): Promise<void> {
  const { since: _, ...pause } = toPause({ ...target, since: new Date(0) });
  await insertPauseEvent.run(tx, [target.user_id, target.mode, `publishing.${what}`, { pause }]);
  await recordAudit(tx, origin, {
    userId: target.user_id,
    ...(target.mode === null ? {} : { mode: target.mode }),
    action: `publishing.${what}`,
    target: target.account_id ?? target.platform_set_id,
    data: { scope: pause.scope },
  });
}

function valuesOf(target: PauseTarget) {
  const { user_id, mode, platform_set_id, account_id, by_operator } = target;
  return [user_id, mode, platform_set_id, account_id, by_operator] as const;
}

function toPause(row: PauseRow): Pause {
  return {
    scope: scopeOf(row),
    platformSetId: row.platform_set_id,
    accountId: row.account_id,
    since: row.since.toISOString(),
    byOperator: row.by_operator,
  };
}

/** How far the pause reaches. */
export function scopeOf({ user_id, platform_set_id, account_id }: PauseTarget): Pause["scope"] {
  if (user_id === null) return "instance";
  if (account_id !== null) return "account";
  return platform_set_id === null ? "user" : "platform_set";
}

function several(): Issue {
  return issueOf({
    rule: "publishing.target",
    path: "",
    message: "Only one of platformSetId, accountId and instance can be set",
    fix: "Pause or resume one after the other.",
  });
}

function unknownAccount(accountId: string): Issue {
  return issueOf({
    rule: "accountId.unknown",
    path: "/accountId",
    message: "No account has this accountId",
    actual: accountId,
    fix: "Use the ID of an account from GET /api/v1/accounts. Live and test keys see different ones.",
  });
}

function restricted(): Issue {
  return issueOf({
    rule: "policies.resume",
    code: "POLICY_VIOLATION",
    path: "",
    message: "This API key is restricted, so it cannot resume publishing",
    fix: "Ask a person to resume it, or use a key without policies.",
  });
}
