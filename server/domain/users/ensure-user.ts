import type pg from "pg";

import { newId } from "../../../model/ids.ts";
import { MODES } from "../../../model/platform-names.ts";
import { insertSet } from "../../db/queries/platform-sets.ts";
import { findOwner, findUserByEmail, insertUser, type UserRow } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";

export interface User {
  id: string;
  email: string;
  name: string;
  isOwner: boolean;
}

const OWNER_EMAIL = "owner@localhost";

/** The instance's owner, created if there is none yet. */
export async function ensureOwner(services: { pool: pg.Pool }): Promise<User> {
  return await ensure(services.pool, OWNER_EMAIL, true);
}

/** The user with an email address, created if there is none yet, with a default platform set in each mode. */
export async function ensureUser(services: { pool: pg.Pool }, email: string): Promise<User> {
  return await ensure(services.pool, email.toLowerCase(), false);
}

async function ensure(pool: pg.Pool, email: string, isOwner: boolean): Promise<User> {
  return await transaction(pool, async (tx) => {
    const find = async () => (isOwner ? await findOwner.one(tx) : await findUserByEmail.one(tx, [email]));
    const row =
      (await find()) ?? (await makeUser(tx, { email, name: "", isOwner, emailVerified: false })) ?? (await find());
    if (row === undefined) throw new Error(`The user ${email} could be neither found nor made`);
    await ensureSets(tx, row.id);
    return { id: row.id, email: row.email ?? email, name: row.name, isOwner: row.is_owner };
  });
}

/** Creates a user with everything every user has. Undefined if the address is taken, or there is already an owner. */
export async function makeUser(
  tx: pg.PoolClient,
  made: { email: string; name: string; isOwner: boolean; emailVerified: boolean },
): Promise<(UserRow & { email: string }) | undefined> {
  const id = newUserId();
  const row = await insertUser.one(tx, [id, made.email, made.name, made.isOwner, made.emailVerified]);
  if (row !== undefined) await ensureSets(tx, row.id);
  return row;
}

export function newUserId(): string {
  return `user_${newId().replaceAll("-", "")}`;
}

/** A default platform set in each mode. */
export async function ensureSets(tx: pg.PoolClient, userId: string): Promise<void> {
  for (const mode of MODES) await insertSet.one(tx, [newId(), userId, mode, "Default", true]);
}
