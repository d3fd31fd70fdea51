import { newId } from "../model/ids.ts";
import type { MemberRole } from "../model/roles.ts";
import { saveMember } from "../server/db/queries/members.ts";
import type { TestTenant, World } from "./world.ts";

/** Another user who has joined the tenant's workspace, with their cookie. */
export async function joinAs(
  world: World,
  owner: TestTenant,
  role: MemberRole,
): Promise<{ tenant: TestTenant; cookie: string; memberId: string }> {
  const tenant = (await world.makeTenants())[owner.mode];
  const memberId = newId();
  await saveMember.run(world.services.pool, [memberId, owner.userId, tenant.userId, role]);
  return { tenant, cookie: await world.signIn(tenant), memberId };
}
