import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";

import type { Client, Mode, NewApiKey, OwnApp, Platform, Tenant, TenantChanges } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { type ClientOptions, usageError, withClient } from "./client-command.ts";
import { readSecret } from "./login.ts";
import { columns, plain } from "./show.ts";

/** A tenant's fields as given on the command line. */
interface FieldOptions extends ClientOptions {
  name?: string;
  externalId?: string;
  email?: string;
  plan?: string;
  limit?: Record<string, number | null>;
}

/** Like other API commands, but with the operator key of AMPOST_OPERATOR_KEY. */
async function withTenants(options: ClientOptions, work: (tenants: Client["tenants"]) => Promise<void>): Promise<void> {
  const { AMPOST_OPERATOR_KEY: key } = process.env;
  if (!key) throw new Error("Set AMPOST_OPERATOR_KEY to an operator key. `ampost operator-keys create` creates one.");
  await withClient(options, ({ tenants }) => work(tenants), { ...process.env, AMPOST_API_KEY: key });
}

export async function runListTenants(
  options: ClientOptions & { status?: Tenant["status"]; externalId?: string; limit: number; cursor?: string },
): Promise<void> {
  const { status, externalId, limit, cursor } = options;
  await withTenants(options, async (tenants) => {
    const page = await tenants.list({
      limit,
      ...(status !== undefined && { status }),
      ...(externalId !== undefined && { externalId }),
      ...(cursor !== undefined && { cursor }),
    });
    const more = page.nextCursor === null ? [] : [`More: --cursor ${page.nextCursor}`];
    answer(options, page, [...columns(page.tenants.map(rowOf)), ...more]);
  });
}

export async function runGetTenant(id: string, options: ClientOptions): Promise<void> {
  await withTenants(options, async (tenants) => tell(options, (await tenants.get(id)).tenant));
}

export async function runCreateTenant(name: string, options: FieldOptions): Promise<void> {
  await withTenants(options, async (tenants) =>
    tell(options, (await tenants.create({ name, ...changesOf(options) })).tenant),
  );
}

export async function runUpdateTenant(id: string, options: FieldOptions): Promise<void> {
  const changes = changesOf(options);
  if (Object.keys(changes).length === 0) usageError("error: name at least one thing to change");
  await withTenants(options, async (tenants) => tell(options, (await tenants.update(id, changes)).tenant));
}

export async function runSetTenantStatus(id: string, status: Tenant["status"], options: ClientOptions): Promise<void> {
  await withTenants(options, async (tenants) => tell(options, (await tenants.update(id, { status })).tenant));
}

export async function runDeleteTenant(id: string, options: ClientOptions & { yes?: boolean }): Promise<void> {
  await withTenants(options, async (tenants) => {
    if (!options.yes && process.stdin.isTTY && process.stderr.isTTY && !(await isMeant(tenants, id))) {
      process.exitCode = EXIT_CODES.failed;
      return options.json ? answer(options, { success: false }, []) : console.error("Nothing was deleted.");
    }
    answer(options, await tenants.delete(id), [`Deleted ${id} with everything of it.`]);
  });
}

export async function runListTenantKeys(id: string, options: ClientOptions): Promise<void> {
  await withTenants(options, async (tenants) => {
    const { keys } = await tenants.listKeys(id);
    const rows = keys.map((key) => [key.id, key.mode, key.revokedAt === null ? "" : "revoked", plain(key.name)]);
    answer(options, { keys }, columns(rows));
  });
}

export async function runCreateTenantKey(
  id: string,
  options: ClientOptions & { name: string; mode: NewApiKey["mode"]; expires?: string },
): Promise<void> {
  const { name, mode, expires: expiresAt } = options;
  await withTenants(options, async (tenants) => {
    const { key } = await tenants.createKey(id, { name, mode, ...(expiresAt !== undefined && { expiresAt }) });
    answer(options, { key }, [String(key.apiKey), "Save this key now: it will not be shown again."]);
  });
}

export async function runRollTenantKey(
  id: string,
  keyId: string,
  options: ClientOptions & { overlap?: number },
): Promise<void> {
  await withTenants(options, async (tenants) => {
    const { key } = await tenants.rollKey(id, keyId, { overlapSeconds: options.overlap ?? 0 });
    answer(options, { key }, [String(key.apiKey), "Save this key now: it will not be shown again."]);
  });
}

export async function runRevokeTenantKey(id: string, keyId: string, options: ClientOptions): Promise<void> {
  await withTenants(options, async (tenants) => {
    const { key } = await tenants.revokeKey(id, keyId);
    answer(options, { key }, [`Revoked ${key.id} (${key.mode} key "${plain(key.name)}").`]);
  });
}

export async function runBrandTenant(
  id: string,
  options: ClientOptions & { name?: string; logo?: string; color?: string; darkColor?: string; support?: string },
): Promise<void> {
  const { name, logo, color, darkColor, support } = options;
  const orNull = (text: string) => (text === "none" ? null : text);
  const branding = {
    ...(name !== undefined && { name: orNull(name) }),
    ...(logo !== undefined && { logo: orNull(logo) && (await readLogo(logo)) }),
    ...(color !== undefined && { color: orNull(color) }),
    ...(darkColor !== undefined && { darkColor: orNull(darkColor) }),
    ...(support !== undefined && { supportAddress: orNull(support) }),
  };
  if (Object.keys(branding).length === 0) usageError("error: name at least one thing to change");
  await withTenants(options, async (tenants) => {
    const { tenant } = await tenants.update(id, { branding });
    const { hasLogo, ...texts } = tenant.branding;
    const rows = Object.entries(texts).map(([part, text]) => [part, plain(text ?? "-")]);
    answer(options, { tenant }, columns([...rows, ["logo", hasLogo ? "yes" : "-"]]));
  });
}

async function readLogo(path: string): Promise<string> {
  const png = await readFile(path).catch(() => usageError(`error: --logo: ${path} cannot be read`));
  return `data:image/png;base64,${png.toString("base64")}`;
}

export async function runListTenantApps(id: string, options: ClientOptions & { mode: Mode }): Promise<void> {
  await withTenants(options, async (tenants) => {
    const { apps } = await tenants.listApps(id, { mode: options.mode });
    answer(options, { apps }, columns(apps.map(appRow)));
  });
}

export async function runSaveTenantApp(
  id: string,
  platform: Platform,
  options: ClientOptions & { clientId: string; mode: Mode },
): Promise<void> {
  const clientSecret = await readSecret("Client secret: ");
  if (clientSecret === "") usageError("No secret was provided. Send it on standard input.");
  const { clientId, mode } = options;
  await withTenants(options, async (tenants) => {
    const { app } = await tenants.saveApp(id, platform, { clientId, clientSecret, mode });
    answer(options, { app }, columns([appRow(app)]));
  });
}

export async function runDeleteTenantApp(
  id: string,
  platform: Platform,
  options: ClientOptions & { mode: Mode },
): Promise<void> {
  await withTenants(options, async (tenants) =>
    answer(options, await tenants.deleteApp(id, platform, { mode: options.mode }), [
      `Removed the app on ${platform} (${options.mode}).`,
    ]),
  );
}

function appRow({ platform, mode, clientId, redirectUri }: OwnApp): string[] {
  return [platform, mode, plain(clientId), redirectUri];
}

function changesOf({ name, externalId, email, plan, limit }: FieldOptions): TenantChanges {
  return {
    ...(name !== undefined && { name }),
    ...(externalId !== undefined && { externalId }),
    ...(email !== undefined && { email }),
    ...(plan !== undefined && { plan: planOf(plan) }),
    ...(limit !== undefined && { limits: limit }),
  };
}

function planOf(text: string): NonNullable<TenantChanges["plan"]> | null {
  const known = PLAN_NAMES.find((name) => name === text);
  return text === "default"
    ? null
    : (known ?? usageError(`error: --plan must be one of ${PLAN_NAMES.join(", ")}, default`));
}

const PLAN_NAMES = ["free", "creator", "pro", "scale", "self-hosted"] as const;

function tell(options: ClientOptions, tenant: Tenant): void {
  answer(options, { tenant }, columns([rowOf(tenant)]));
}

function rowOf({ id, externalId, status, plan, name }: Tenant): string[] {
  return [id, status, plan ?? "default plan", plain(externalId ?? "-"), plain(name)];
}

/** On a terminal, asks for confirmation; a script means what it says. */
async function isMeant(tenants: Client["tenants"], id: string): Promise<boolean> {
  const { tenant } = await tenants.get(id);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const said = await lines.question(
      `Delete "${plain(tenant.name)}" with all of its posts, media and accounts? [y/N] `,
    );
    return /^y(es)?$/i.test(said.trim());
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return false;
    throw error;
  } finally {
    lines.close();
  }
}
