import type pg from "pg";

import { type Budget, isFree, nextFree, SEARCHED_DAYS, standingOf } from "../../../model/budgets.ts";
import type { PlatformQuota } from "../../../model/capabilities.ts";
import { type Issue, issueOf, PublicError } from "../../../model/errors.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PostContent } from "../../../model/post.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { countablesOf, priceOf, weigh } from "../../../platforms/counting.ts";
import type { Measured } from "../../../platforms/validate/resolve-content.ts";
import { resolveContent } from "../../../platforms/validate/validate.ts";
import type { SetAccountRow } from "../../db/queries/accounts.ts";
import { type BudgetChecks, type BudgetUsesOfParts, replaceBudgetUses } from "../../db/queries/budgets.ts";
import type { Db } from "../../db/sql.ts";
import {
  type BudgetUse,
  checksAt,
  type NamedNeed,
  NO_CHECKS,
  type Publisher,
  quotaBudget,
  readNeeds,
} from "../../publishing/budgets.ts";
import type { Call } from "../call.ts";
import type { Services } from "../services.ts";
import type { SetAccounts } from "./known-sets.ts";

/** What a platform post uses of a budget. */
export interface PartUse extends BudgetUse {
  platform: PlatformName;
  /** Null: money. */
  quota: PlatformQuota | null;
  /** Whose money: the user's or the key's. */
  payer?: "user" | "key";
}

/** A post as far as its budgets depend on it. */
export interface BudgetedPost {
  content: PostContent;
  platforms: readonly PlatformName[];
  accounts: SetAccounts;
  measured: Measured;
}

/** What platforms charge for a post. */
export type Fees = { platform: PlatformName; microUsd: number }[];

type Caller = Pick<Call, "userId" | "mode" | "policies"> & Partial<Pick<Call, "actor">>;

/** What the post uses of its platforms' limits and of what may be spent, and what the platforms charge for it. */
export function budgetsOf(
  { settings }: Pick<Services, "settings">,
  caller: Caller,
  { content, platforms, accounts, measured }: BudgetedPost,
): { uses: PartUse[]; fees: Fees } {
  const uses: PartUse[] = [];
  const fees: Fees = [];
  for (const platform of platforms) {
    const account = accounts[platform];
    if (account === undefined) continue;
    const counted = countablesOf(resolveContent(platform, content, measured));
    for (const quota of catalog[platform].capabilities.quotas) {
      const units = weigh(counted, quota.uses);
      if (units > 0)
        uses.push({
          platform,
          quota,
          units,
          ...quotaBudget(publisherOf(caller.mode, account), quota, settings.platformLimits),
        });
    }
    const price = priceOf(platform, counted, settings.platformPrices);
    if (price === null) continue;
    fees.push({ platform, microUsd: price });
    if (price > 0) uses.push(...spent(caller, platform, price));
  }
  return { uses, fees };
}

/** The platforms that charge for posts. */
export function charging({ settings }: Pick<Services, "settings">, platforms: readonly PlatformName[]): PlatformName[] {
  return platforms.filter(
    (platform) =>
      catalog[platform].capabilities.prices !== undefined || settings.platformPrices[platform] !== undefined,
  );
}

/** Who publishes with the account. */
export function publisherOf(
  mode: Mode,
  {
    platform,
    platform_account_id,
    oauth_app_id,
  }: Pick<SetAccountRow, "platform" | "platform_account_id" | "oauth_app_id">,
): Publisher {
  return { mode, platform, platformAccountId: platform_account_id, appId: oauth_app_id };
}

/** The budget of what a user's posts may cost in a month; the operator can limit it. */
export function feesBudget({ userId, mode }: Pick<Call, "userId" | "mode">): { name: string; budget: Budget } {
  return { name: `${mode} fees user ${userId}`, budget: monthly(null) };
}

function monthly(most: number | null): Budget {
  return { most, period: { every: "month", timeZone: "UTC" }, earlySeconds: 0 };
}

function spent(caller: Caller, platform: PlatformName, units: number): PartUse[] {
  const ceiling = caller.policies?.feesPerMonthMicroUsd ?? null;
  const ofUser: PartUse = { ...feesBudget(caller), platform, quota: null, payer: "user", units };
  if (ceiling === null || !caller.actor) return [ofUser];
  const name = `${caller.mode} fees key ${caller.actor.id}`;
  return [ofUser, { name, budget: monthly(ceiling), platform, quota: null, payer: "key", units }];
}

/** The uses as a statement stores them. */
export function partUses(uses: readonly PartUse[]): BudgetUsesOfParts {
  return [uses.map(({ platform }) => platform), uses.map(({ name }) => name), uses.map(({ units }) => units)];
}

/** When a post is to be published. */
export interface Wanted {
  at: Date;
  /** Where the time was given, as a JSON Pointer; "" for a post that is published now. */
  path: string;
  /** Take the next time at which there is room, up to `until`. */
  spread?: boolean;
  until?: Date | null;
}

/**
 * Reserves what the post uses at that time, in the transaction that makes it due then, in place of what its platform
 * posts on `platforms` used before. Returns the time. Throws RATE_LIMITED, with an issue for each budget without room.
 */
export async function reserve(
  tx: pg.PoolClient,
  caller: Pick<Call, "userId" | "mode">,
  post: { id: string; platforms: readonly PlatformName[] },
  uses: readonly PartUse[],
  wanted: Wanted,
): Promise<Date> {
  const replace = async (at: Date, checks: BudgetChecks): Promise<boolean> => {
    const values = [post.id, caller.userId, caller.mode, post.platforms, at, ...checks, ...partUses(uses)] as const;
    return (await replaceBudgetUses.one(tx, values))?.is_room === true;
  };
  if (await replace(wanted.at, checksAt(uses, wanted.at))) return wanted.at;
  const at = await findTime(tx, uses, wanted, post.id);
  await replace(at, NO_CHECKS);
  return at;
}

/** Releases what the post used: it is no longer due. */
export async function release(
  tx: pg.PoolClient,
  caller: Pick<Call, "userId" | "mode">,
  post: { id: string; platforms: readonly PlatformName[] },
): Promise<void> {
  await replaceBudgetUses.run(tx, [
    post.id,
    caller.userId,
    caller.mode,
    post.platforms,
    new Date(),
    ...NO_CHECKS,
    ...partUses([]),
  ]);
}

/**
 * The time at which there is room, after a quick look has found that there may be none. The budgets must be locked.
 * Throws as `reserve` does.
 */
export async function findTime(
  db: Db,
  uses: readonly PartUse[],
  { at, path, spread = false, until = null }: Wanted,
  exceptPostId: string | null,
): Promise<Date> {
  const needs = await readNeeds(db, uses, at, exceptPostId);
  const next = nextFree(needs, at.getTime());
  if (next === at.getTime()) return at;
  if (spread && next !== null && (until === null || next <= until.getTime())) return new Date(next);
  const issues = issuesAt(needs, uses, { at, path }, next);
  const [first] = issues;
  if (first === undefined) throw new Error("A post without a free time has no issue");
  const full = needs.find((need) => !isFree(need, at.getTime()));
  // Repeating the request helps once what it asked for is free at its own time.
  const seconds = next === null ? 86_400 : Math.ceil((next - at.getTime()) / 1000);
  throw new PublicError(first.code, first.message, {
    issues,
    headers: { "retry-after": String(Math.max(1, seconds)) },
    extra: {
      limit: {
        kind: "quota",
        name: first.rule.replace("budget.", ""),
        limit: full?.budget.most ?? 0,
        resetsAt: isoOf(next),
      },
    },
  });
}

/** What is left of each budget that the post uses. */
export type Left = {
  platform: PlatformName;
  name: string;
  per: "account" | "app" | "user" | "key";
  windowSeconds: number | null;
  limit: number | null;
  used: number;
  remaining: number | null;
  resetsAt: string | null;
  needed: number;
}[];

/**
 * What the post needs, what is left at that time, and an issue for each budget that has no room for it, as far as known
 * now: nothing is locked. `freeAt` is the first time with room for all of it.
 */
export async function checkBudgets(
  db: Db,
  uses: readonly PartUse[],
  { at, path }: Pick<Wanted, "at" | "path">,
): Promise<{ issues: Issue[]; left: Left; freeAt: Date | null }> {
  if (uses.length === 0) return { issues: [], left: [], freeAt: at };
  const needs = await readNeeds(db, uses, at, null);
  const next = nextFree(needs, at.getTime());
  const left = needs.flatMap((need) => {
    const use = uses.find(({ name }) => name === need.name);
    return use === undefined ? [] : [{ platform: use.platform, ...leftOf(use, need, at), needed: need.units }];
  });
  return { issues: issuesAt(needs, uses, { at, path }, next), left, freeAt: next === null ? null : new Date(next) };
}

/** What platforms charge for the user's posts of this month, and the limit of that. */
export async function readFees(
  db: Db,
  caller: Pick<Call, "userId" | "mode">,
  now: Date,
): Promise<Pick<Left[number], "limit" | "used" | "remaining" | "resetsAt">> {
  const [need] = await readNeeds(db, [{ ...feesBudget(caller), units: 0 }], now, null);
  if (need === undefined) throw new Error("A budget was not read");
  const { limit, used, remaining, resetsAt } = leftOf({ quota: null }, need, now);
  return { limit, used, remaining, resetsAt };
}

/** What is left of one budget at that time. */
export function leftOf(
  { quota, payer }: Pick<PartUse, "quota" | "payer">,
  { budget, uses }: NamedNeed,
  at: Date,
): Omit<Left[number], "platform" | "needed"> {
  const { used, remaining, resetsAt } = standingOf(budget, uses, at.getTime());
  const [name, per] =
    quota === null ? (["feesMicroUsd", payer ?? "user"] as const) : ([quota.name, quota.per] as const);
  const windowSeconds = quota?.windowSeconds ?? null;
  return { name, per, windowSeconds, limit: budget.most, used, remaining, resetsAt: isoOf(resetsAt) };
}

function issuesAt(
  needs: readonly NamedNeed[],
  uses: readonly PartUse[],
  { at, path }: Pick<Wanted, "at" | "path">,
  next: number | null,
): Issue[] {
  return needs.flatMap((need) => {
    const use = uses.find(({ name }) => name === need.name);
    if (use === undefined || isFree(need, at.getTime())) return [];
    const { most } = need.budget;
    return [
      issueOf({
        rule: `budget.${use.quota?.name ?? "fees"}`,
        code: "RATE_LIMITED",
        platform: use.platform,
        path,
        message: use.quota === null ? feesMessage(use, need) : quotaMessage(use.platform, use.quota, most),
        actual: path === "" ? null : at.toISOString(),
        limit: { most, needed: need.units, freeAt: isoOf(next) },
        fix: fixOf(use, isoOf(next), path),
      }),
    ];
  });
}

function quotaMessage(platform: PlatformName, quota: PlatformQuota, most: number | null): string {
  const { label } = catalog[platform].capabilities;
  const window = quota.timeZone === undefined ? `in ${spanOf(quota.windowSeconds)}` : "per day";
  const noun = quota.name.replace(/^app(?=[A-Z])/, "").toLowerCase();
  return `${label} allows ${most} ${noun} ${window} per ${quota.per}, and there is no room for this post at that time`;
}

function spanOf(seconds: number): string {
  return seconds >= 7200 ? `${seconds / 3600} hours` : seconds === 60 ? "a minute" : `${seconds / 60} minutes`;
}

function feesMessage({ platform, payer }: PartUse, { budget: { most }, units }: NamedNeed): string {
  const { label } = catalog[platform].capabilities;
  const whose = payer === "key" ? "this API key" : "your account";
  return `${label} charges ${inUsd(units)} for this post, and the limit of ${whose} is ${inUsd(most ?? 0)} per month`;
}

/** "$0.015" */
export function inUsd(microUsd: number): string {
  const [whole, part = ""] = (microUsd / 1_000_000).toFixed(6).split(".");
  return `$${whole}.${part.replace(/0{1,4}$/, "")}`;
}

function fixOf({ quota, payer }: PartUse, freeAt: string | null, path: string): string {
  const other =
    quota?.per === "account"
      ? "use another account"
      : payer === "key"
        ? "use a key with a higher limit"
        : "ask the operator of this instance for a higher limit";
  if (freeAt === null) return `There is no room in the next ${SEARCHED_DAYS} days: ${other}.`;
  return path === ""
    ? `Publish it at ${freeAt} or later, or ${other}.`
    : `Set scheduledFor to ${freeAt} or later, send "spread": true to use the next free time, or ${other}.`;
}

function isoOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
