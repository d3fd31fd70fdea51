import { randomBytes } from "node:crypto";

import type pg from "pg";

import { refusal } from "../../../contract/forms/parse.ts";
import { MAX_WEBHOOKS, type Webhook } from "../../../contract/operations/webhooks.ts";
import { type Issue, PublicError } from "../../../model/errors.ts";
import type { EventType } from "../../../model/events.ts";
import { newId } from "../../../model/ids.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { isRefusedHost } from "../../../platforms/kit/addresses.ts";
import { lockUser } from "../../db/queries/users.ts";
import {
  deleteWebhook as removeWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks as selectWebhooks,
  lockWebhookSecret,
  rotateWebhookSecret,
  updateWebhook as changeWebhook,
  type WebhookRow,
} from "../../db/queries/webhooks.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

/** How long a replaced secret still signs along with the new one. */
const OLD_SECRET_SECONDS = 24 * 60 * 60;

interface Door {
  settings: Pick<Services["settings"], "allowPrivateUrls">;
}

type Parts = Pick<Services, "pool" | "vault">;

/**
 * Creates a webhook and shows its secret, once. Enforces the limit of 20 even for concurrent requests, and rejects a
 * URL to which nothing would be sent.
 */
export async function createWebhook(
  services: Parts & Door,
  call: Call,
  { url, events, description }: { url: string | null; events: EventType[]; description: string },
): Promise<Answer<{ webhook: Webhook }>> {
  return await write(services, call, async (tx) => {
    if (url !== null) refusePrivate(services, url);
    await lockUser.one(tx, [call.userId]);
    const id = newId();
    const secret = newSecret();
    const row = await insertWebhook.one(tx, [
      id,
      call.userId,
      call.mode,
      url,
      description,
      distinct(events),
      seal(services, id, secret),
      MAX_WEBHOOKS,
    ]);
    if (row === undefined) throw tooMany();
    await audit(tx, call, "created", row);
    return shownOnce(row, secret);
  });
}

/** The caller's webhooks, oldest first. */
export async function listWebhooks(
  services: Pick<Services, "pool">,
  caller: Tenant,
): Promise<Answer<{ webhooks: Webhook[] }>> {
  const rows = await selectWebhooks.all(services.pool, [caller.userId, caller.mode]);
  return { body: { webhooks: rows.map((row) => toWebhook(row)) } };
}

/** Throws NOT_FOUND. */
export async function getWebhook(
  services: Pick<Services, "pool">,
  caller: Tenant,
  id: string,
): Promise<Answer<{ webhook: Webhook }>> {
  return {
    body: { webhook: toWebhook(found(await findWebhook.one(services.pool, [id, caller.userId, caller.mode]))) },
  };
}

/** Changes the members given. Throws NOT_FOUND. */
export async function updateWebhook(
  services: Pick<Services, "pool"> & Door,
  call: Call,
  id: string,
  change: {
    url?: string | undefined;
    events?: EventType[] | undefined;
    description?: string | undefined;
    status?: "active" | "disabled" | undefined;
  },
): Promise<Answer<{ webhook: Webhook }>> {
  return await write(services, call, async (tx) => {
    if (change.url !== undefined) refusePrivate(services, change.url);
    const events = change.events === undefined ? null : distinct(change.events);
    const row = found(
      await changeWebhook.one(tx, [
        id,
        call.userId,
        call.mode,
        change.url ?? null,
        change.description ?? null,
        events,
        change.status ?? null,
      ]),
    );
    await audit(tx, call, "changed", row);
    return { body: { webhook: toWebhook(row) } };
  });
}

/** Nothing more is sent to it. Throws NOT_FOUND. */
export async function deleteWebhook(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
): Promise<Answer<{ webhook: Webhook }>> {
  return await write(services, call, async (tx) => {
    const row = found(await removeWebhook.one(tx, [id, call.userId, call.mode]));
    await audit(tx, call, "deleted", row);
    return { body: { webhook: toWebhook(row) } };
  });
}

/** Creates a new secret and shows it, once; the previous one also signs for a day. Throws NOT_FOUND. */
export async function rotateSecret(services: Parts, call: Call, id: string): Promise<Answer<{ webhook: Webhook }>> {
  return await write(services, call, async (tx) => {
    const owned = [id, call.userId, call.mode] as const;
    const held = await lockWebhookSecret.one(tx, owned);
    if (held === undefined) throw notFound();
    const old = services.vault.open(held.secret_sealed, { table: "webhooks", row: id, column: "secret_sealed" });
    const secret = newSecret();
    const oldSealed = services.vault.seal(old, { table: "webhooks", row: id, column: "old_secret_sealed" });
    const row = found(
      await rotateWebhookSecret.one(tx, [...owned, seal(services, id, secret), oldSealed, OLD_SECRET_SECONDS]),
    );
    await audit(tx, call, "secret_rotated", row);
    return shownOnce(row, secret);
  });
}

export function notFound(): PublicError {
  return new PublicError("NOT_FOUND", "Webhook not found.");
}

function found(row: WebhookRow | undefined): WebhookRow {
  if (row === undefined) throw notFound();
  return row;
}

/** Standard Webhooks: 24 to 64 random bytes in base64 behind the prefix. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

function seal({ vault }: Pick<Services, "vault">, id: string, secret: string): string {
  return vault.seal(secret, { table: "webhooks", row: id, column: "secret_sealed" });
}

/** A repeat by Idempotency-Key shows no secret, because none is kept. */
function shownOnce(row: WebhookRow, secret: string): Answer<{ webhook: Webhook }> {
  return { body: { webhook: toWebhook(row, secret) }, kept: { webhook: toWebhook(row) } };
}

async function audit(
  tx: pg.PoolClient,
  call: Call,
  what: "created" | "changed" | "deleted" | "secret_rotated",
  { id, url }: WebhookRow,
): Promise<void> {
  await recordAudit(tx, call, {
    userId: call.userId,
    mode: call.mode,
    action: `webhook.${what}`,
    target: id,
    data: { url: url === null ? null : new URL(url).origin },
  });
}

function distinct(events: readonly EventType[]): EventType[] {
  return [...new Set(events)];
}

function toWebhook(row: WebhookRow, secret: string | null = null): Webhook {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    status: row.status,
    disabledReason: row.disabled_reason,
    secret,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    mode: row.mode,
  };
}

/**
 * Rejects immediately what every delivery would fail with. Whether a name leads to a private address is known only when
 * it is resolved, at each delivery.
 */
function refusePrivate({ settings }: Door, url: string): void {
  if (!isRefusedHost(new URL(url), settings.allowPrivateUrls)) return;
  throw refused({
    rule: "webhooks.url.private",
    path: "/url",
    message: "url points to an address that is not public, so nothing would be sent there",
    actual: url,
    limit: null,
    fix:
      "Use a publicly reachable address. " +
      "In development, use `ampost listen --forward`, or set AMPOST_ALLOW_PRIVATE_URLS=true on the instance.",
  });
}

function tooMany(): PublicError {
  const message = `You have reached the limit of ${MAX_WEBHOOKS} webhooks.`;
  return refused({
    rule: "webhooks.max",
    path: "",
    message,
    actual: MAX_WEBHOOKS,
    limit: MAX_WEBHOOKS,
    fix: "Delete one you no longer need.",
  });
}

function refused(issue: Omit<Issue, "code" | "platform">): PublicError {
  const { rule, ...rest } = issue;
  return refusal([{ rule, code: "VALIDATION_FAILED", platform: null, ...rest }]);
}
