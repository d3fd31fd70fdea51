import { randomBytes } from "node:crypto";

import type pg from "pg";

import { addFact, findFact } from "../db/queries/instance-facts.ts";
import type { Vault } from "../vault/vault.ts";

/** The fact that holds the secret, and the place it is sealed for. */
const AUTH_SECRET = {
  name: "auth_secret",
  place: { table: "instance", row: "auth_secret", column: "value" },
} as const;

/**
 * The secret that signs cookies and encrypts two-factor secrets: created once, the same for all processes, and stored
 * encrypted in the database, so that it outlives the encryption key.
 */
export async function loadAuthSecret(pool: pg.Pool, vault: Vault): Promise<string> {
  const { name, place } = AUTH_SECRET;
  const find = async () => (await findFact.one(pool, [name]))?.value;
  if ((await find()) === undefined)
    await addFact.run(pool, [name, vault.seal(randomBytes(32).toString("base64url"), place)]);
  return vault.open((await find()) ?? "", place);
}
