import assert from "node:assert/strict";
import { test } from "node:test";

import { NOTIFICATION_KINDS, type NotificationKind, NOTIFIED } from "../model/notifications.ts";
import { mayAs, ROLES } from "../model/roles.ts";
import { OPERATIONS } from "./index.ts";
import { LEAST_ROLES } from "./roles.ts";

test("the table of roles has every operation that a session can call, and no other", () => {
  const callable = OPERATIONS.filter(({ auth }) => auth !== "operator").map(({ name }) => name);
  assert.deepEqual(Object.keys(LEAST_ROLES).sort(), callable.sort());
});

/** What can be done about it. */
const ACTS: Readonly<Record<NotificationKind, string>> = {
  failed: "posts_retry",
  unknown: "posts_resolve",
  accountAccess: "connections_start",
  approval: "posts_approve",
  decided: "posts_publish",
};

for (const kind of NOTIFICATION_KINDS)
  for (const role of ROLES) {
    const isOn = NOTIFIED[kind][role];
    test(`a ${role} ${isOn === undefined ? "gets no" : "can choose"} emails of the kind ${kind}`, () => {
      const may = (operation: string) => ROLES.some((least) => least === LEAST_ROLES[operation] && mayAs(role, least));
      // Who can publish alone asks for no approval.
      const isMeant = may(ACTS[kind]) && (kind !== "decided" || !may("posts_approve"));
      assert.equal(isOn !== undefined, isMeant);
      if (isOn !== undefined) assert.ok(may("notifications_get") && may("notifications_update"));
    });
  }
