import assert from "node:assert/strict";
import { test } from "node:test";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "./catalog.ts";
import { platforms } from "./index.ts";
import { askedScopes, refuseSetting, requiredScopes } from "./kit/scopes.ts";
import { refuseScopes } from "./scopes.ts";
import { account, setting, validate } from "./validate/validate.fixture.ts";

for (const platform of PLATFORM_NAMES) {
  test(`${platform}: what is asked for without configuration can be configured, and so can no less than publishing requires`, () => {
    const { oauth } = platforms[platform];
    assert.ok(oauth);
    const required = requiredScopes(oauth.scopes);
    assert.ok(required.length > 0);
    assert.equal(refuseScopes(platform, askedScopes(oauth.scopes)), null);
    assert.equal(refuseScopes(platform, required), null);
    for (const name of required)
      assert.match(
        refuseScopes(
          platform,
          required.filter((each) => each !== name),
        )?.message ?? "",
        /requires/,
      );
    assert.match(refuseScopes(platform, [...required, "unheard.of"])?.message ?? "", /no use for .*unheard\.of/);
    assert.deepEqual(askedScopes(oauth.scopes, []), required);
  });

  test(`${platform}: each sign-in asks for the permissions that its definition declares`, () => {
    const { oauth, otherLogins = {} } = platforms[platform];
    const signIns = [oauth, ...Object.values(otherLogins)].map((each) => [each?.environmentPrefix, each?.scopes]);
    assert.deepEqual(Object.fromEntries(signIns), catalog[platform].scopes);
  });
}

test("what Meta requires only for roles from a business portfolio can be asked for, and is not by default", () => {
  const { FACEBOOK = [] } = catalog.instagram.scopes;
  assert.equal(refuseScopes("facebook", [...askedScopes(FACEBOOK), "pages_manage_posts", "ads_read"]), null);
  assert.equal(askedScopes(FACEBOOK).includes("ads_read"), false);
});

const signIns = catalog.threads.scopes;

test("a setting whose permission was not granted is rejected, with the way to get it", () => {
  for (const settings of [{ replyControl: "mentioned_only" }, { replyTo: "17" }, { thread: [{ text: "Two." }] }]) {
    const [name = ""] = Object.keys(settings);
    const { issues } = validate("threads", { text: "One.", settings }, { accounts: { threads: account("threads") } });
    assert.deepEqual(
      issues.map(({ code, path, message, fix }) => ({ code, path, message, fix })),
      [
        {
          code: "VALIDATION_FAILED",
          path: setting("threads", name),
          message: `The Threads account has not granted threads_manage_replies, which "${name}" requires.`,
          fix:
            "Reconnect the account and allow threads_manage_replies. If Threads does not ask for it, " +
            "the operator must add it to THREADS_SCOPES.",
        },
      ],
    );
  }
});

test("nothing is said to be missing where the platform does not return what was granted", () => {
  assert.equal(refuseSetting("Threads", signIns, "replyTo", []), null);
  assert.equal(refuseSetting("Threads", signIns, "replyTo", requiredScopes(signIns["THREADS"] ?? [])) === null, false);
  const unknown = { threads: { ...account("threads"), scopes: [] } };
  assert.deepEqual(
    validate("threads", { text: "One.", settings: { replyTo: "17" } }, { accounts: unknown }).issues,
    [],
  );
});

test("a permission is looked for under the name that it has in the account's own sign-in", () => {
  const { INSTAGRAM = [], FACEBOOK = [] } = catalog.instagram.scopes;
  const said = (granted: readonly string[]) =>
    refuseSetting("Instagram", catalog.instagram.scopes, "firstComment", granted);
  assert.match(said(requiredScopes(INSTAGRAM)) ?? "", /granted instagram_business_manage_comments, which/);
  assert.match(said(requiredScopes(FACEBOOK)) ?? "", /granted instagram_manage_comments, which/);
  assert.equal(said(askedScopes(FACEBOOK)), null);
});
