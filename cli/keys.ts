import type { Mode } from "../model/platform-names.ts";
import { createApiKey, listApiKeys, revokeApiKey } from "../server/domain/api-keys/api-keys.ts";
import { answer } from "./answer.ts";
import { callerOf, findUser, isId, type InstanceOptions, withInstance } from "./instance-command.ts";

export async function runCreateKey(options: InstanceOptions & { mode: Mode; name: string }): Promise<void> {
  const { id, apiKey, mode, name } = await withInstance(async (instance) => {
    const user = await findUser(instance, options);
    return createApiKey(instance, callerOf(user, options.mode), { name: options.name });
  });
  answer(options, { id, apiKey, mode, name }, [apiKey, `Keep it: it is shown this once. (${mode} key "${name}", ${id})`]);
}

export async function runListKeys(options: InstanceOptions): Promise<void> {
  const keys = await withInstance(async (instance) => listApiKeys(instance, { userId: (await findUser(instance, options)).id }));
  const lines = keys.map((key) => `${key.id}  ${key.prefix}…  ${key.mode}  ${stateOf(key)}  ${key.name}`);
  answer(options, { keys }, lines.length > 0 ? lines : ["There are no keys yet: ampost keys create --mode test --name NAME"]);
}

export async function runRevokeKey(id: string, options: InstanceOptions): Promise<void> {
  if (!isId(id)) throw new Error(`"${id}" is not the id of a key. \`ampost keys list\` shows the ids.`);
  const key = await withInstance(async (instance) => revokeApiKey(instance, { userId: (await findUser(instance, options)).id }, id));
  answer(options, { key }, [`Revoked ${key.id} (${key.mode} key "${key.name}").`]);
}

function stateOf(key: { revokedAt: string | null; expiresAt: string | null }): string {
  if (key.revokedAt !== null) return "revoked";
  return key.expiresAt !== null && key.expiresAt < new Date().toISOString() ? "expired" : "works";
}
