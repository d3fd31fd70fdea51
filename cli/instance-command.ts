import type { Mode } from "../model/platform-names.ts";
import { findMe, findUserByEmail, type UserRow } from "../server/db/queries/users.ts";
import { ensureOwner, ensureUser, type User } from "../server/domain/users/ensure-user.ts";
import { type Instance, openInstance } from "../server/start/instance.ts";
import { readSettings } from "./settings.ts";

/** Options shared by instance commands. */
export interface InstanceOptions {
  email?: string;
  json?: boolean;
}

/** Runs against the instance's own database, with or without a running server, and closes it afterwards. */
export async function withInstance<Result>(work: (instance: Instance) => Promise<Result>): Promise<Result> {
  const { config, log } = await readSettings("command");
  if (config.logLevel === "info") log.level = "warn";
  const instance = await openInstance(config, log, 0);
  try {
    return await work(instance);
  } finally {
    await instance.close();
  }
}

/** The user a command acts for: the owner, or the user with an email address. Created if missing. */
export function findUser(instance: Instance, { email }: InstanceOptions): Promise<User> {
  return email === undefined ? ensureOwner(instance) : ensureUser(instance, email);
}

/** The user whom an operator names by email address or ID. Throws if there is none. */
export async function findNamedUser({ pool }: Pick<Instance, "pool">, named: string): Promise<UserRow> {
  const isEmail = named.includes("@");
  const found = isEmail ? await findUserByEmail.one(pool, [named]) : await findMe.one(pool, [named]);
  if (found === undefined) throw new Error(`No user has the ${isEmail ? "email address" : "ID"} ${named}.`);
  return found;
}

export function callerOf(user: User, mode: Mode) {
  return { userId: user.id, mode };
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
