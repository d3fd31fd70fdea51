import { createHash } from "node:crypto";

import type pg from "pg";
import { z } from "zod";

import { refusal } from "../../../contract/forms/parse.ts";
import type { ApiKey } from "../../../contract/operations/api-keys.ts";
import type { AdminTenant } from "../../../contract/operations/tenants.ts";
import type { Brand } from "../../../model/brand.ts";
import { issueOf, PublicError } from "../../../model/errors.ts";
import { MODES, type Mode, type PlatformName } from "../../../model/platform-names.ts";
import {
  findTenant,
  insertTenant,
  listTenants as selectTenants,
  lockTenant,
  type TenantRow,
  updateTenant as changeTenant,
} from "../../db/queries/tenants.ts";
import type { Db } from "../../db/sql.ts";
import { createOwnKey, listApiKeys, revokeOwnKey, rollOwnKey } from "../api-keys/api-keys.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { storedBrand } from "../branding/branding.ts";
import type { Answer, Call } from "../call.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import { write } from "../idempotency.ts";
import { deleteOwnApp, listOwnApps, saveOwnApp } from "../oauth-apps/oauth-apps.ts";
import { startPause, stopPause } from "../publishing/pauses.ts";
import type { Services } from "../services.ts";
import { getUsage } from "../usage/get-usage.ts";
import { deleteEverything, type DeleteUserServices } from "../users/delete-user.ts";
import { ensureSets, newUserId } from "../users/ensure-user.ts";
import { storedLimits, storedPlan } from "../users/plans.ts";

/** What an operator sets of a tenant. */
interface TenantFields {
  externalId?: string | null | undefined;
  name?: string | undefined;
  email?: string | null | undefined;
  plan?: AdminTenant["plan"] | undefined;
  limits?: AdminTenant["limits"] | undefined;
  status?: AdminTenant["status"] | undefined;
  /** What is given replaces what was. */
  branding?: { [Part in keyof Brand]?: Brand[Part] | undefined } | undefined;
}

type TenantAnswer = Answer<{ tenant: AdminTenant }>;

/** A page of the instance's users, newest first. */
export async function listTenants(
  services: Pick<Services, "pool">,
  query: { externalId?: string; status?: AdminTenant["status"]; limit: number; cursor?: string },
): Promise<Answer<{ tenants: AdminTenant[]; nextCursor: string | null }>> {
  const { externalId = null, status, limit, cursor } = query;
  const before = cursor === undefined ? null : `${ID_PREFIX}${readCursor(cursor)}`;
  const isSuspended = status === undefined ? null : status === "suspended";
  const rows = await selectTenants.all(services.pool, [before, externalId, isSuspended, limit + 1]);
  const tenants = rows.slice(0, limit).map(toTenant);
  const last = tenants.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? writeCursor(last.id.slice(ID_PREFIX.length)) : null;
  return { body: { tenants, nextCursor } };
}

const ID_PREFIX = "user_";

/** Throws NOT_FOUND. */
export async function getTenant(services: Pick<Services, "pool">, id: string): Promise<TenantAnswer> {
  return toAnswer(await requireTenant(services.pool, id));
}

/** Creates a user with a default platform set in each mode. Throws VALIDATION_FAILED for an ID or email that is taken. */
export async function createTenant(
  services: Pick<Services, "pool">,
  call: Call,
  fields: TenantFields & { name: string },
): Promise<TenantAnswer> {
  const { externalId = null, name, email = null, plan = null, limits = {}, status = "active", branding = {} } = fields;
  return await naming(fields, () =>
    write(services, call, async (tx) => {
      const id = newUserId();
      await insertTenant.run(tx, [id, externalId, name, email, plan, limits, status === "suspended", given(branding)]);
      await ensureSets(tx, id);
      const data = { externalId, name, email, plan, limits, branding: audited(branding) };
      await recordAudit(tx, call, { userId: id, action: "tenant.created", target: id, data });
      if (status === "suspended") await suspend(tx, call, id);
      return toAnswer(await requireTenant(tx, id));
    }),
  );
}

/**
 * Changes the given fields. A suspended tenant's keys, sessions and tokens are rejected from the next request on, in
 * every process. Throws NOT_FOUND, PRECONDITION_FAILED, and VALIDATION_FAILED for an ID or email that is taken.
 */
export async function updateTenant(
  services: Pick<Services, "pool" | "keyHolders">,
  call: Call,
  id: string,
  fields: TenantFields,
): Promise<TenantAnswer> {
  const answer = await naming(fields, () =>
    write(services, call, async (tx) => {
      const row = await lockForChange(tx, call, id);
      const before = toTenant(row);
      const {
        externalId = before.externalId,
        name = before.name,
        email = before.email,
        plan = before.plan,
        limits = before.limits,
        status = before.status,
        branding = {},
      } = fields;
      if (row.can_sign_in && email !== before.email) throw refusal([ownEmail()]);
      if (row.is_owner && status === "suspended") throw refusal([owner("suspended")]);
      const values = [externalId, name, email, plan, limits, status === "suspended", given(branding)] as const;
      await changeTenant(tx, [id, ...values]);
      const { status: _, branding: __, ...others } = fields;
      const changed = given({ ...others, branding: fields.branding && audited(branding) });
      if (Object.keys(changed).length > 0)
        await recordAudit(tx, call, { userId: id, action: "tenant.changed", target: id, data: changed });
      if (status !== before.status) await (status === "suspended" ? suspend : resume)(tx, call, id);
      return toAnswer(await requireTenant(tx, id));
    }),
  );
  services.keyHolders.forgetUser(id);
  return answer;
}

/** Deletes the user with everything of it in both modes. Throws NOT_FOUND and PRECONDITION_FAILED. */
export async function deleteTenant(
  services: DeleteUserServices,
  call: Call,
  id: string,
): Promise<Answer<{ success: true }>> {
  const answer = await write(services, call, async (tx) => {
    const row = await lockForChange(tx, call, id);
    if (row.is_owner) throw refusal([owner("deleted")]);
    await deleteEverything(services, tx, call, id);
    return { body: { success: true as const } };
  });
  services.keyHolders.forgetUser(id);
  return answer;
}

/** Every key of a tenant, in both modes, the newest first. Throws NOT_FOUND. */
export async function listTenantKeys(
  services: Pick<Services, "pool">,
  id: string,
): Promise<Answer<{ keys: ApiKey[] }>> {
  await requireTenant(services.pool, id);
  return { body: { keys: await listApiKeys(services, { userId: id }) } };
}

/** Creates a key that acts for a tenant. Throws NOT_FOUND. */
export async function createTenantKey(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
  body: Parameters<typeof createOwnKey>[2],
): ReturnType<typeof createOwnKey> {
  await requireTenant(services.pool, id);
  return await createOwnKey(services, { ...call, userId: id }, body);
}

/** Replaces a tenant's key, which still works for so many seconds. Throws NOT_FOUND. */
export async function rollTenantKey(
  services: Pick<Services, "pool" | "keyHolders">,
  call: Call,
  { id, keyId }: { id: string; keyId: string },
  overlapSeconds: number,
): ReturnType<typeof rollOwnKey> {
  await requireTenant(services.pool, id);
  return await rollOwnKey(services, { ...call, userId: id }, keyId, overlapSeconds);
}

/** Revokes a tenant's key, effective from the next request. Throws NOT_FOUND. */
export async function revokeTenantKey(
  services: Pick<Services, "pool" | "keyHolders">,
  call: Call,
  { id, keyId }: { id: string; keyId: string },
): ReturnType<typeof revokeOwnKey> {
  await requireTenant(services.pool, id);
  return await revokeOwnKey(services, { ...call, userId: id }, keyId);
}

/** What a tenant has used of its plan. Throws NOT_FOUND. */
export async function getTenantUsage(
  services: Pick<Services, "pool" | "planOf" | "limitsOf">,
  id: string,
): ReturnType<typeof getUsage> {
  await requireTenant(services.pool, id);
  return await getUsage(services, { userId: id });
}

/** A tenant's own apps in a mode. Throws NOT_FOUND. */
export async function listTenantApps(
  services: Pick<Services, "pool">,
  call: Call,
  { id, mode }: { id: string; mode: Mode },
): ReturnType<typeof listOwnApps> {
  await requireTenant(services.pool, id);
  return await listOwnApps(services, { ...call, userId: id, mode });
}

/** Sets the app that a tenant's accounts on a platform are connected with from now on. Throws NOT_FOUND. */
export async function saveTenantApp(
  services: Pick<Services, "pool" | "oauth">,
  call: Call,
  { id, platform }: { id: string; platform: PlatformName },
  { mode, ...app }: Parameters<typeof saveOwnApp>[3] & { mode: Mode },
): ReturnType<typeof saveOwnApp> {
  await requireTenant(services.pool, id);
  return await saveOwnApp(services, { ...call, userId: id, mode }, platform, app);
}

/** Removes a tenant's own app. Throws NOT_FOUND. */
export async function deleteTenantApp(
  services: Pick<Services, "pool">,
  call: Call,
  { id, platform, mode }: { id: string; platform: PlatformName; mode: Mode },
): ReturnType<typeof deleteOwnApp> {
  await requireTenant(services.pool, id);
  return await deleteOwnApp(services, { ...call, userId: id, mode }, platform);
}

/** Nothing of the tenant is published: what comes due meanwhile waits, or is skipped if it says so. */
async function suspend(tx: pg.PoolClient, call: Call, id: string): Promise<void> {
  for (const mode of MODES) await startPause(tx, call, pauseOf(id, mode));
  await recordAudit(tx, call, { userId: id, action: "tenant.suspended", target: id });
}

async function resume(tx: pg.PoolClient, call: Call, id: string): Promise<void> {
  for (const mode of MODES) await stopPause(tx, call, pauseOf(id, mode));
  await recordAudit(tx, call, { userId: id, action: "tenant.resumed", target: id });
}

function pauseOf(id: string, mode: Mode) {
  return { user_id: id, mode, platform_set_id: null, account_id: null, by_operator: true };
}

export async function requireTenant(db: Db, id: string): Promise<TenantRow> {
  const row = await findTenant.one(db, [id]);
  if (row === undefined) throw notFound();
  return row;
}

/** Holds the tenant, which must be as the caller last read it. */
async function lockForChange(tx: pg.PoolClient, { ifMatch }: Call, id: string): Promise<TenantRow> {
  const row = await lockTenant.one(tx, [id]);
  if (row === undefined) throw notFound();
  if (ifMatch !== undefined && !ifMatch.includes(etagOf(row)))
    throw new PublicError(
      "PRECONDITION_FAILED",
      "The tenant has changed since you read the ETag in If-Match. Get it again and reapply your change.",
    );
  return row;
}

function toTenant(row: TenantRow): AdminTenant {
  const { logo: _, ...branding } = storedBrand(row.branding);
  return {
    id: row.id,
    externalId: row.external_id,
    name: row.name,
    email: row.email,
    plan: storedPlan(row.plan),
    limits: storedLimits(row.plan_limits),
    status: row.suspended_at === null ? "active" : "suspended",
    branding: { ...branding, hasLogo: row.logo_hash !== null },
    createdAt: row.created_at.toISOString(),
  };
}

function toAnswer(row: TenantRow): TenantAnswer {
  return { body: { tenant: toTenant(row) }, etag: etagOf(row) };
}

/** It stands for everything that is shown of a tenant, and for its logo. */
function etagOf(row: TenantRow): string {
  const shown = JSON.stringify([toTenant(row), row.logo_hash]);
  return `"${createHash("sha256").update(shown).digest("base64url").slice(0, 22)}"`;
}

const uniqueness = z.object({ constraint: z.enum(["users_external_id", "users_email"]) });

/** Says which of the fields belongs to another tenant already. */
async function naming<Result>({ externalId, email }: TenantFields, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const taken = uniqueness.safeParse(error).data?.constraint;
    if (taken === undefined) throw error;
    const [field, actual] = taken === "users_email" ? ["email", email] : ["externalId", externalId];
    throw refusal([
      issueOf({
        rule: `tenants.${field}`,
        path: `/${field}`,
        message: `Another tenant has this ${field}`,
        actual,
        fix: "Send another one, or find the tenant in the list.",
      }),
    ]);
  }
}

function given(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A logo is too large for the audit log. */
function audited({ logo, ...branding }: NonNullable<TenantFields["branding"]>): object {
  return given({ ...branding, logo: typeof logo === "string" ? "…" : logo });
}

function notFound(): PublicError {
  return new PublicError("NOT_FOUND", "Tenant not found.");
}

function owner(what: "suspended" | "deleted") {
  return issueOf({
    rule: "tenants.owner",
    message: `The owner of the instance cannot be ${what}`,
    fix: "Choose another tenant.",
  });
}

function ownEmail() {
  return issueOf({
    rule: "tenants.email",
    path: "/email",
    message: "Someone signs in with this tenant's email address, so only they can change it",
    fix: "Ask them to change it in their settings.",
  });
}
