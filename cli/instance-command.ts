import type { Mode } from "../model/platform-names.ts";
import { ensureOwner, ensureUser, type User } from "../server/domain/users/ensure-user.ts";
import { type Instance, openInstance } from "../server/start/instance.ts";
import { readSettings } from "./settings.ts";

/** Options that instance commands share. */
export interface InstanceOptions {
  email?: string;
  json?: boolean;
}

/** Works on the instance's own database, beside a running server and without one, and lets go of it again. */
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

/** For whom a command acts: the owner, or the user of an address. Either is made where there is none yet. */
export function findUser(instance: Instance, { email }: InstanceOptions): Promise<User> {
  return email === undefined ? ensureOwner(instance) : ensureUser(instance, email);
}

export function callerOf(user: User, mode: Mode) {
  return { userId: user.id, mode };
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
