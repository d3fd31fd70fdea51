import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../../contract/index.ts";
import { EXAMPLES } from "../../contract/openapi/examples.ts";
import type { Operation } from "../../contract/operation.ts";
import { LEAST_ROLES } from "../../contract/roles.ts";
import { newId } from "../../model/ids.ts";
import { MEMBER_ROLES, mayAs, type Role } from "../../model/roles.ts";
import { everything } from "../../tests/attacks/everything.ts";
import { joinAs } from "../../tests/members.ts";
import { createWorld, type Called, type World } from "../../tests/world.ts";

let world: World;
const cookies = new Map<Role | "stranger", string>();

before(async () => {
  world = await createWorld();
  cookies.set("owner", await world.signIn(world.test));
  for (const role of MEMBER_ROLES) cookies.set(role, (await joinAs(world, world.test, role)).cookie);
  cookies.set("stranger", await world.signIn((await world.makeTenants()).test));
});
after(() => world.close());

/** Calls the operation in a workspace. Objects it names do not exist: whether it may be called comes first. */
async function call(operation: Operation, who: Role | "stranger", workspace: string): Promise<Called> {
  const path = operation.path
    .replace(":id", newId())
    .replace(":platform", "threads")
    .concat(`?${new URLSearchParams({ mode: "test", workspace })}`);
  const body = operation.takes === "none" ? undefined : (EXAMPLES[operation.name] ?? {});
  return await world.callAs(cookies.get(who) ?? "", operation.method, path, body);
}

function ruleOf({ body }: Called): unknown {
  return Object(body).issues?.[0]?.rule;
}

for (const operation of OPERATIONS.filter(({ auth }) => auth !== "operator")) {
  const least = LEAST_ROLES[operation.name] ?? "owner";

  for (const role of ["owner", ...MEMBER_ROLES] as const) {
    const may = least === "self" || mayAs(role, least);
    test(`${operation.name} ${may ? "can" : "cannot"} be called by a ${role}`, async () => {
      const before = may ? null : await everything(world);
      const called = await call(operation, role, world.test.userId);
      if (may) {
        assert.notEqual(called.status, 401);
        assert.ok(!["request.role", "request.workspace"].includes(String(ruleOf(called))), JSON.stringify(called.body));
        return;
      }
      assert.deepEqual([called.status, ruleOf(called)], [403, "request.role"]);
      assert.deepEqual(await everything(world), before);
    });
  }

  if (least !== "self")
    test(`${operation.name} by who is no member responds as in a workspace that does not exist`, async () => {
      const before = await everything(world);
      const called = await call(operation, "stranger", world.test.userId);
      assert.deepEqual([called.status, ruleOf(called)], [400, "request.workspace"]);
      const nowhere = await call(operation, "stranger", "user_00000000000070008000000000000000");
      assert.deepEqual({ ...Object(called.body), requestId: "" }, { ...Object(nowhere.body), requestId: "" });
      assert.deepEqual(await everything(world), before);
    });
}
