import { parseInput } from "../contract/forms/parse.ts";
import { type ApiKey, keysCreate, keysRoll } from "../contract/operations/api-keys.ts";
import type { Mode } from "../model/platform-names.ts";
import { createApiKey, listApiKeys, revokeApiKey, rollApiKey } from "../server/domain/api-keys/api-keys.ts";
import { answer } from "./answer.ts";
import { callerOf, findUser, isId, type InstanceOptions, withInstance } from "./instance-command.ts";

/** A key's options as given on the command line. */
interface KeyOptions extends InstanceOptions {
  mode: Mode;
  name: string;
  expires?: string;
  draftOnly?: boolean;
  platforms?: string[];
  postsPerDay?: number;
  feesPerMonth?: number;
  approvalRequired?: boolean;
  oauthApps?: boolean;
}

export async function runCreateKey(options: KeyOptions): Promise<void> {
  const asked = readOptions(options);
  const { id, apiKey, mode, name } = await withInstance(async (instance) => {
    const user = await findUser(instance, options);
    return createApiKey(instance, callerOf(user, options.mode), asked);
  });
  answer(options, { id, apiKey, mode, name }, [
    apiKey,
    `Save this key now: it will not be shown again. (${mode} key "${name}", ${id})`,
  ]);
}

/** Validated with the same schema as a key created in the dashboard. */
function readOptions({ mode, name, expires, feesPerMonth, ...given }: KeyOptions) {
  const { draftOnly, platforms, postsPerDay, approvalRequired, oauthApps } = given;
  const feesPerMonthMicroUsd = feesPerMonth === undefined ? undefined : Math.round(feesPerMonth * 1e6);
  const policies = Object.fromEntries(
    Object.entries({ draftOnly, platforms, postsPerDay, feesPerMonthMicroUsd, approvalRequired, oauthApps }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const { body } = parseInput(keysCreate, {
    params: {},
    query: {},
    body: { mode, name, expiresAt: expires ?? null, policies },
  });
  const expiresAt = typeof body.expiresAt === "string" ? new Date(body.expiresAt) : null;
  if (expiresAt !== null && expiresAt.getTime() <= Date.now()) throw new Error("--expires must be in the future.");
  return { name: body.name, expiresAt, policies: body.policies };
}

export async function runListKeys(options: InstanceOptions): Promise<void> {
  const keys = await withInstance(async (instance) =>
    listApiKeys(instance, { userId: (await findUser(instance, options)).id }),
  );
  const lines = keys.map((key) =>
    [
      key.id,
      key.prefix === null ? "(MCP client)" : `${key.prefix}…`,
      key.mode,
      stateOf(key),
      key.name,
      ...heldTo(key.policies),
    ].join("  "),
  );
  answer(
    options,
    { keys },
    lines.length > 0 ? lines : ["No keys yet. Create one with: ampost keys create --mode test --name NAME"],
  );
}

export async function runRollKey(id: string, options: InstanceOptions & { overlap: number }): Promise<void> {
  requireId(id);
  const { body } = parseInput(keysRoll, { params: { id }, query: {}, body: { overlapSeconds: options.overlap } });
  const {
    id: newId,
    apiKey,
    mode,
    name,
  } = await withInstance(async (instance) =>
    rollApiKey(instance, { userId: (await findUser(instance, options)).id }, id, body?.overlapSeconds ?? 0),
  );
  answer(options, { id: newId, apiKey, mode, name }, [
    apiKey,
    `Save this key now: it will not be shown again. (${mode} key "${name}", ${newId})`,
  ]);
}

function requireId(id: string): void {
  if (!isId(id)) throw new Error(`"${id}" is not a key ID. \`ampost keys list\` shows the IDs.`);
}

export async function runRevokeKey(id: string, options: InstanceOptions): Promise<void> {
  requireId(id);
  const key = await withInstance(async (instance) =>
    revokeApiKey(instance, { userId: (await findUser(instance, options)).id }, id),
  );
  answer(options, { key }, [`Revoked ${key.id} (${key.mode} key "${key.name}").`]);
}

/** What differs from a key without policies, in terms of the options. */
function heldTo(policies: ApiKey["policies"]): string[] {
  const { draftOnly, platforms, postsPerDay, feesPerMonthMicroUsd: fees, approvalRequired, oauthApps } = policies;
  return [
    ...(draftOnly ? ["draft-only"] : []),
    ...(platforms === null ? [] : [`platforms ${platforms.join(",")}`]),
    ...(postsPerDay === null ? [] : [`posts-per-day ${postsPerDay}`]),
    ...(fees === null ? [] : [`fees-per-month ${fees / 1e6}`]),
    ...(approvalRequired ? ["approval-required"] : []),
    ...(oauthApps ? ["oauth-apps"] : []),
  ];
}

function stateOf({ revokedAt, expiresAt, replacedBy }: ApiKey): string {
  if (revokedAt !== null) return "revoked";
  if (expiresAt !== null && expiresAt < new Date().toISOString()) return "expired";
  return replacedBy === null ? "works" : `rolled, works until ${expiresAt}`;
}
