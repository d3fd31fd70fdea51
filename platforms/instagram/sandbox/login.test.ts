import assert from "node:assert/strict";
import { test } from "node:test";

import { codesOf } from "../../../sandbox/meta/errors.fixture.ts";
import { LOGINS, signIn } from "../../../sandbox/meta/logins.fixture.ts";
import { jpeg, listAt, openSandbox, serveFiles, stringAt, valueAt } from "../../../sandbox/sandbox.fixture.ts";
import { openInstagram } from "./instagram.fixture.ts";

const LOGIN = LOGINS.instagramByFacebook;
const GRAPH = "https://graph.facebook.com/v25.0";

test("a Page's token can fail to read containers and the limit where the person's works", async (t) => {
  const { sandbox, id, create, get, fault, token } = await openInstagram(t, { login: "facebook" });
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const container = await create({ image_url: `${files}/a.jpg` });
  const [page] = listAt((await get("/me/accounts", { fields: "access_token" })).json, "data");
  const pageToken = stringAt(page, "access_token");
  const paths = [`/${container}?fields=status_code`, `/${id}/content_publishing_limit`];
  const read = (path: string, by: string) => sandbox.call("GET", `${GRAPH}${path}`, { token: by });
  for (const path of paths) assert.equal((await read(path, pageToken)).status, 200, path);
  for (const [error, codes] of [
    ["page-token-100-33", [400, 100, 33]],
    ["page-token-10", [400, 10]],
  ] as const) {
    await fault({ operation: "status", kind: "reject", error });
    await fault({ operation: "read", kind: "reject", error });
    for (const path of paths) assert.equal((await read(path, token)).status, 200, `${path} by the person`);
    for (const path of paths) assert.deepEqual(codesOf(await read(path, pageToken)), codes, path);
  }
});

test("a Page's token stands for its Page, a person's for the person, who has a picture", async (t) => {
  const { sandbox, get } = await openInstagram(t, { login: "facebook" });
  const me = (await get("/me", { fields: "name,picture" })).json;
  assert.match(String(valueAt(me, "picture.data.url")), /^https:\/\/scontent\./);
  const [page] = listAt((await get("/me/accounts", { fields: "id,access_token" })).json, "data");
  const own = await sandbox.call("GET", `${GRAPH}/me`, { token: stringAt(page, "access_token") });
  assert.equal(valueAt(own.json, "id"), page?.["id"]);
});

test("publishing to the account of a portfolio's Page needs ads_management or ads_read as well", async (t) => {
  const sandbox = await openSandbox(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const publish = async (extra: string) => {
    const scope = [...LOGIN.scopes, "business_management", extra].join(",");
    const { token } = await signIn(sandbox, LOGIN, { changes: { login_hint: "cleo portfolio", scope } });
    const fields = "instagram_business_account";
    const list = await sandbox.call("GET", `${GRAPH}/me/accounts?fields=${fields}`, { token });
    const account = stringAt(listAt(list.json, "data")[0], "instagram_business_account.id");
    return sandbox.call("POST", `${GRAPH}/${account}/media`, { token, form: { image_url: `${files}/a.jpg` } });
  };
  assert.deepEqual(codesOf(await publish("")), [400, 200]);
  assert.equal((await publish("ads_read")).status, 200);
  assert.equal((await publish("ads_management")).status, 200);
});
