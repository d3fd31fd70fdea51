import type { Operation } from "../contract/operation.ts";
import type { Called, TestTenant, World } from "./world.ts";

/** A way to call an operation: with a key, with a session of the dashboard, or with an operator key. */
export type Way = "key" | "session" | "operator";

export function waysOf({ auth = "key" }: Operation): readonly Way[] {
  return auth === "either" ? ["key", "session"] : [auth];
}

/** Calls operations for a tenant with what they accept. Each user gets one session, created in advance by `signIn`. */
export function createOperationCaller(world: World) {
  const cookies = new Map<string, Promise<string>>();
  const cookieOf = (tenant: TestTenant) => {
    const cookie = cookies.get(tenant.userId) ?? world.signIn(tenant);
    cookies.set(tenant.userId, cookie);
    return cookie;
  };
  const call = async (way: Way, tenant: TestTenant, method: string, path: string, body?: unknown): Promise<Called> => {
    if (way === "operator") return await world.call({ ...tenant, key: await world.operatorKey() }, method, path, body);
    if (way === "key") return await world.call(tenant, method, path, body);
    const inMode = `${path}${path.includes("?") ? "&" : "?"}mode=${tenant.mode}`;
    return await world.callAs(await cookieOf(tenant), method, inMode, body);
  };
  return Object.assign(call, { signIn: async (tenant: TestTenant) => void (await cookieOf(tenant)) });
}
