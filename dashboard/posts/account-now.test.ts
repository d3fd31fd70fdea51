import assert from "node:assert/strict";
import { test } from "node:test";

import type { Account } from "../../contract/operations/accounts.ts";
import { accountNow } from "./account-now.ts";

test("a platform post goes out with its account, or with the one that has replaced it in its platform set", () => {
  const accounts: Account[] = JSON.parse(
    JSON.stringify([
      { id: "elsewhere", platform: "tiktok", platformSetId: "other" },
      { id: "other platform", platform: "threads", platformSetId: "set" },
      { id: "new", platform: "tiktok", platformSetId: "set" },
    ]),
  );
  const of = (accountId: string | null, platformSetId = "set") =>
    accountNow(accounts, { platformSetId }, { platform: "tiktok", accountId })?.id;
  assert.equal(of("new"), "new");
  assert.equal(of("disconnected"), "new");
  assert.equal(of(null), "new");
  assert.equal(of("disconnected", "empty"), undefined);
});
