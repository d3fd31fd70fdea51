import { z } from "zod";

import {
  createOperatorKey,
  listOperatorKeys,
  type OperatorKey,
  revokeOperatorKey,
} from "../server/domain/operator-keys/operator-keys.ts";
import { answer } from "./answer.ts";
import { type InstanceOptions, isId, withInstance } from "./instance-command.ts";

export async function runCreateOperatorKey({
  name: given,
  expires,
  ...options
}: InstanceOptions & { name: string; expires?: string }): Promise<void> {
  const name = given.trim();
  if (name === "" || name.length > 100) throw new Error("--name must have 1 to 100 characters.");
  const expiresAt = expires === undefined ? null : readTime(expires);
  const { operatorKey, ...key } = await withInstance((instance) => createOperatorKey(instance, { name, expiresAt }));
  answer(options, { id: key.id, operatorKey, name }, [
    operatorKey,
    `Save this key now: it will not be shown again. It can manage every tenant. (operator key "${name}", ${key.id})`,
  ]);
}

export async function runListOperatorKeys(options: InstanceOptions): Promise<void> {
  const keys = await withInstance(listOperatorKeys);
  const lines = keys.map((key) =>
    [
      key.id,
      `${key.prefix}…`,
      stateOf(key),
      key.lastUsedAt === null ? "never used" : `used ${key.lastUsedAt}`,
      key.name,
    ].join("  "),
  );
  answer(
    options,
    { keys },
    lines.length > 0 ? lines : ["No operator keys yet. Create one with: ampost operator-keys create --name NAME"],
  );
}

export async function runRevokeOperatorKey(id: string, options: InstanceOptions): Promise<void> {
  if (!isId(id)) throw new Error(`"${id}" is not a key ID. \`ampost operator-keys list\` shows the IDs.`);
  const key = await withInstance((instance) => revokeOperatorKey(instance, id));
  answer(options, { key }, [`Revoked ${key.id} (operator key "${key.name}").`]);
}

function readTime(text: string): Date {
  if (!z.iso.datetime({ offset: true }).safeParse(text).success)
    throw new Error(`--expires must be a time such as 2027-01-31T00:00:00Z. It is ${JSON.stringify(text)}.`);
  const time = new Date(text);
  if (time.getTime() <= Date.now()) throw new Error("--expires must be in the future.");
  return time;
}

function stateOf({ revokedAt, expiresAt }: OperatorKey): string {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && expiresAt < new Date().toISOString() ? "expired" : "works";
}
