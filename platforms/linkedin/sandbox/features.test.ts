import assert from "node:assert/strict";
import { test } from "node:test";

import { stringAt, valueAt } from "../../../sandbox/sandbox.fixture.ts";
import { connect, errorOf, OAUTH, openLinkedIn, SEEDED, useToken } from "./linkedin.fixture.ts";

const PDF = Buffer.from("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n");

test("a comment is shown with its post, and only its author can delete it", async (t) => {
  const { post, rest, posts, author, sandbox } = await openLinkedIn(t);
  const urn = (await post()).headers.get("x-restli-id") ?? "";
  const path = `/socialActions/${encodeURIComponent(urn)}/comments`;
  const message = { text: "The link: https://example.com/a_(b)" };
  const { status, json, headers } = await rest("POST", path, { json: { actor: author, object: urn, message } });
  const id = stringAt(json, "id");
  assert.deepEqual(
    [status, headers.get("x-restli-id"), valueAt(json, "commentUrn"), valueAt(json, "message.text")],
    [201, id, `urn:li:comment:(${urn},${id})`, message.text],
  );
  assert.deepEqual((await posts())[0]?.["comments"], [message.text]);
  const page = await (await fetch(`${sandbox.url}/www.linkedin.com/feed/update/${urn}/`)).text();
  assert.match(page, /The link:/);
  const stranger = await connect(sandbox, { loginHint: "ann" });
  const other = await useToken(sandbox, stringAt(stranger.tokens.json, "access_token"));
  assert.deepEqual(errorOf(await other.rest("DELETE", `${path}/${id}`)), [403, "ACCESS_DENIED"]);
  assert.equal((await rest("DELETE", `${path}/${id}?actor=${encodeURIComponent(author)}`)).status, 204);
  assert.deepEqual((await posts())[0]?.["comments"], []);
});

test("an edit keeps the comments of a post", async (t) => {
  const { post, rest, posts, author } = await openLinkedIn(t);
  const urn = (await post()).headers.get("x-restli-id") ?? "";
  const json = { actor: author, object: urn, message: { text: "First" } };
  assert.equal((await rest("POST", `/socialActions/${encodeURIComponent(urn)}/comments`, { json })).status, 201);
  const edited = await rest("POST", `/posts/${encodeURIComponent(urn)}`, {
    json: { patch: { $set: { commentary: "Hello again" } } },
    headers: { "X-RestLi-Method": "PARTIAL_UPDATE" },
  });
  assert.equal(edited.status, 204);
  const [seen] = await posts();
  assert.deepEqual([seen?.["text"], seen?.["comments"]], ["Hello again", ["First"]]);
});

test("a comment needs a post, a text of at most 1,250 characters and the member as its actor", async (t) => {
  const { post, rest, author } = await openLinkedIn(t);
  const urn = (await post()).headers.get("x-restli-id") ?? "";
  const comment = async (changes: Record<string, unknown>, on = urn) =>
    errorOf(
      await rest("POST", `/socialActions/${encodeURIComponent(on)}/comments`, {
        json: { actor: author, object: on, message: { text: "x" }, ...changes },
      }),
    );
  assert.deepEqual(await comment({}, "urn:li:share:1"), [404, "NOT_FOUND"]);
  assert.deepEqual(await comment({ actor: "urn:li:person:other" }), [403, "ACCESS_DENIED"]);
  assert.deepEqual(await comment({ object: "urn:li:share:1" }), [400, "INVALID_VALUE_FOR_FIELD"]);
  assert.deepEqual(await comment({ message: { text: " " } }), [400, "INVALID_VALUE_BLANK_FIELD"]);
  assert.deepEqual(await comment({ message: { text: "x".repeat(1251) } }), [400, "FIELD_LENGTH_TOO_LONG"]);
  assert.deepEqual(await comment({ message: {} }), [422, null]);
  const listed = await rest("GET", `/socialActions/${encodeURIComponent(urn)}/comments`);
  assert.deepEqual(errorOf(listed), [403, "ACCESS_DENIED"], "reading comments is for partners");
});

test("a document is uploaded with the member's token, read by its owner, and posted with a title", async (t) => {
  const { rest, put, token, post, posts, author, sandbox } = await openLinkedIn(t);
  const open = async () => {
    const { status, json } = await rest("POST", "/documents?action=initializeUpload", {
      json: { initializeUploadRequest: { owner: author } },
    });
    assert.equal(status, 200);
    return { url: stringAt(json, "value.uploadUrl"), urn: stringAt(json, "value.document") };
  };
  const read = async (urn: string, by = token) => rest("GET", `/documents/${encodeURIComponent(urn)}`, { token: by });
  const { url, urn } = await open();
  assert.match(urn, /^urn:li:document:/);
  assert.equal(valueAt((await read(urn)).json, "status"), "WAITING_UPLOAD");
  assert.equal((await put(url, PDF)).status, 401, "an upload needs the token");
  assert.equal((await put(url, PDF, { token })).status, 201);
  assert.equal(valueAt((await read(urn)).json, "status"), "AVAILABLE");
  const stranger = await connect(sandbox, { loginHint: "ann" });
  const refused = await read(urn, stringAt(stranger.tokens.json, "access_token"));
  assert.match(stringAt(refused.json, "message"), /^Accessing this document resource is forbidden/);

  assert.deepEqual(errorOf(await post({ content: { media: { id: urn } } })), [400, "MISSING_FIELD"]);
  assert.equal((await post({ content: { media: { id: urn, title: "Report" } } })).status, 201);
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["kind"], valueAt(seen, "settings.title"), valueAt(seen, "settings.document")],
    ["carousel", "Report", urn],
  );
  const other = await open();
  await put(other.url, Buffer.from("no document"), { token });
  assert.equal(valueAt((await read(other.urn)).json, "status"), "PROCESSING_FAILED");
  const unfit = await post({ content: { media: { id: other.urn, title: "x" } } });
  assert.deepEqual(errorOf(unfit), [400, "MEDIA_ASSET_PROCESSING_FAILED"]);
});

test("a version ends in the middle of its month a year later, and a test can end one before", async (t) => {
  const { post, rest, author, advance, fault } = await openLinkedIn(t);
  const create = async (version: string, text: string) => {
    const body = { ...BODY, author, commentary: text };
    return errorOf(await rest("POST", "/posts", { json: body, version }))[0];
  };
  assert.deepEqual(
    [
      await create("202510", "a"),
      await create("202511", "b"),
      await create("202611", "c"),
      await create("202612", "d"),
    ],
    [426, 201, 201, 426],
  );
  await advance(14 * 86_400);
  assert.deepEqual([await create("202511", "e"), await create("202512", "f")], [426, 201]);
  await fault({ operation: "publish", kind: "reject", error: "version-retired-202605", times: 100 });
  assert.deepEqual(errorOf(await post({ commentary: "g" })), [426, "NONEXISTENT_VERSION"]);
  assert.equal(await create("202606", "h"), 201);
});

test("an app that does not hold a scope is refused the whole sign-in", async (t) => {
  const { sandbox, fault } = await openLinkedIn(t);
  const redirectUri = "https://app.example.test/cb";
  const ask = async (clientId: string, scope: string) => {
    const query = { response_type: "code", client_id: clientId, redirect_uri: redirectUri, state: "s", scope };
    const answer = await sandbox.call("GET", `${OAUTH}/authorization?${new URLSearchParams(query)}`);
    const back = answer.headers.get("location");
    return back === null ? answer.status : new URL(back).searchParams.get("error");
  };
  const { json } = await sandbox.control("POST", "apps", {
    platform: "linkedin",
    redirectUris: [redirectUri],
    scopes: ["w_member_social"],
  });
  const clientId = stringAt(json, "clientId");
  assert.equal(await ask(clientId, "w_member_social"), 200);
  assert.equal(await ask(clientId, "email w_member_social"), "unauthorized_scope_error");
  await fault({ operation: "authorize", kind: "reject", error: "scope-unapproved" });
  assert.equal(await ask(SEEDED.client_id, "w_member_social"), "unauthorized_scope_error");
  assert.equal(await ask(SEEDED.client_id, "w_member_social"), 200);
});

const BODY = {
  visibility: "PUBLIC",
  distribution: { feedDistribution: "MAIN_FEED", targetEntities: [], thirdPartyDistributionChannels: [] },
  lifecycleState: "PUBLISHED",
};
