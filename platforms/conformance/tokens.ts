import assert from "node:assert/strict";
import { test } from "node:test";

import { askedScopes } from "../kit/scopes.ts";
import { plainExample } from "./contents.ts";
import { loginOf, type Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** A token that can be renewed is renewed once. If only the user can help, the error says so. */
export function testTokens(subject: Subject, world: () => World): void {
  test(`${subject.name}: the account is what the platform returns`, async () => {
    const account = await world().connect();
    const stored = await world().readAccount(account);
    assert.equal(stored.status, "active");
    assert.equal(stored.token_health, "healthy");
    assert.notEqual(stored.platform_account_id, "");
    const { scopes } = loginOf(subject) ?? assert.fail("there is no sign-in");
    assert.deepEqual(stored.scopes.toSorted(), askedScopes(scopes).toSorted());
  });

  test(`${subject.name}: an expired token is renewed once, or the user must reconnect`, async () => {
    const operation = await firstOperation(subject, world());
    const account = await world().connect();
    const renewable = (await world().readConnection(account)).refresh_token_sealed !== null;
    await world().fault({ operation, kind: "expire_token" });
    const post = await world().publish(account, plainExample(subject, world().fixtures).content);
    const refreshes = (await world().requests()).filter((request) => request.operation === "refresh").length;
    if (renewable) {
      assert.deepEqual([post.status, refreshes], ["published", 1], JSON.stringify(post.error));
      assert.equal((await world().ledger(account)).length, 1);
    } else {
      assert.deepEqual(
        [post.status, post.error?.code, post.error?.category],
        ["failed", "AUTH_EXPIRED", "account"],
        JSON.stringify(post.error),
      );
      assert.equal((await world().readAccount(account)).token_health, "expired");
      assert.deepEqual(await world().ledger(account), []);
    }
  });

  test(`${subject.name}: a revoked token requires reconnecting`, async () => {
    const operation = await firstOperation(subject, world());
    const account = await world().connect();
    await world().fault({ operation, kind: "revoke_token" });
    const post = await world().publish(account, plainExample(subject, world().fixtures).content);
    assert.deepEqual([post.status, post.error?.code], ["failed", "AUTH_REVOKED"], JSON.stringify(post.error));
    assert.equal((await world().readAccount(account)).token_health, "revoked");
    assert.deepEqual(await world().ledger(account), []);
  });

  if (loginOf(subject)?.refresh !== undefined) {
    test(`${subject.name}: a token that is due is renewed before it is used, once`, async () => {
      const account = await world().connect();
      const refresh = loginOf(subject)?.refresh;
      assert.ok(refresh);
      await world().advance(account, refresh.afterSeconds + 60);
      const content = plainExample(subject, world().fixtures).content;
      const posts = await Promise.all([
        world().publish(account, content),
        world().publish(account, { ...content, text: `${content.text} again` }),
      ]);
      assert.deepEqual(
        posts.map((post) => post.status),
        ["published", "published"],
        JSON.stringify(posts),
      );
      assert.equal((await world().requests()).filter((request) => request.operation === "refresh").length, 1);
    });
  }
}

/** The first kind of request that publishing sends with the account's token. */
async function firstOperation(subject: Subject, world: World): Promise<string> {
  const operations = await world.operations(plainExample(subject, world.fixtures).content);
  return ["upload", "create", "publish"].find((operation) => operations.has(operation)) ?? "publish";
}
