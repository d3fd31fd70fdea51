import assert from "node:assert/strict";
import { test } from "node:test";

import { graph as facebook } from "../../facebook/errors.ts";
import { loginOf } from "../../index.ts";
import { graphs as instagram } from "../../instagram/errors.ts";
import { answerOf } from "../broker.fixture.ts";
import type { HttpRequest } from "../http.ts";
import { appSecretProof, classifyGraphAnswer, prepareRequest } from "./graph.ts";
import { deprecations } from "./versions.ts";

const APP = { clientId: "1", clientSecret: "Jefe", redirectUri: "https://app.example.test/cb" };
const TOKEN = "what do ya want for nothing?";
/** RFC 4231, test case 2. */
const PROOF = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

const prepare = (request: HttpRequest, environment = {}) => prepareRequest(request, APP, environment);

test("the proof is the hexadecimal HMAC-SHA256 of the access token with the app secret", () => {
  assert.equal(appSecretProof(TOKEN, APP.clientSecret), PROOF);
});

test("every request to Meta's Graph APIs with a token carries the proof of that token", () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (const host of ["graph.facebook.com", "graph-video.facebook.com", "graph.instagram.com", "graph.threads.net"]) {
    const url = `https://${host}/v25.0/101/videos`;
    assert.deepEqual(prepare({ method: "POST", url, headers, form: { upload_phase: "start" } }), {
      method: "POST",
      url,
      headers,
      form: { upload_phase: "start" },
      query: { appsecret_proof: PROOF },
    });
  }
  const url = "https://graph.facebook.com/v25.0/debug_token";
  const query = { input_token: "another", access_token: TOKEN };
  assert.deepEqual(prepare({ method: "GET", url, query }).query, { ...query, appsecret_proof: PROOF });
});

test("other hosts, and requests with the secret itself, carry no proof", () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const exchange = { client_id: "1", client_secret: "Jefe", code: "FBCODE1" };
  for (const request of [
    { method: "GET", url: "https://graph.facebook.com/v25.0/oauth/access_token", query: exchange },
    { method: "GET", url: "https://graph.threads.net/access_token", query: { ...exchange, access_token: TOKEN } },
    { method: "POST", url: "https://rupload.facebook.com/video-upload/v25.0/711", headers },
    { method: "GET", url: "https://graph.facebook.com.evil.example/v25.0/me", headers },
  ] satisfies HttpRequest[])
    assert.deepEqual(prepare(request), request);
});

test("requests go to the version of the Graph API that the operator has chosen", () => {
  const environment = { META_GRAPH_VERSION: "v26.0" };
  const at = (url: string) => prepare({ method: "GET", url }, environment).url;
  for (const url of [
    "https://graph.facebook.com/v25.0/me/accounts",
    "https://graph-video.facebook.com/v25.0/101/videos",
    "https://graph.instagram.com/v25.0/me",
    loginOf("facebook")?.authorizeUrl ?? "",
    loginOf("instagram", "facebook")?.authorizeUrl ?? "",
  ])
    assert.equal(at(url), url.replace("/v25.0/", "/v26.0/"));
  for (const url of [
    "https://graph.instagram.com/refresh_access_token",
    "https://rupload.facebook.com/video-upload/v25.0/711",
  ])
    assert.equal(at(url), url);
});

test("a limit of the app is told from one of the user, the Page or the account, and from suspected spam", () => {
  for (const graph of [facebook, ...Object.values(instagram)]) {
    const limitOf = (code: number, subcode?: number): string => {
      const body = { error: { message: "Application request limit reached", code, error_subcode: subcode } };
      const error = classifyGraphAnswer(graph, answerOf(400, body));
      assert.equal(error.code, "RATE_LIMITED", `${code}/${subcode}`);
      return error.limitOf;
    };
    for (const code of [4, 341]) assert.equal(limitOf(code), "app", `${code}`);
    for (const code of [17, 32, 613, 80_001, 80_002, 368]) assert.equal(limitOf(code), "account", `${code}`);
  }
  for (const graph of Object.values(instagram)) {
    const spam = { error: { message: "Application request limit reached", code: 4, error_subcode: 2_207_051 } };
    assert.equal(classifyGraphAnswer(graph, answerOf(400, spam)).limitOf, "account");
  }
});

test("the operator is warned three months before the version of the Graph API ends", () => {
  const warningsOn = (day: string, version = "v25.0") => deprecations({ META_GRAPH_VERSION: version }, new Date(day));
  assert.deepEqual(warningsOn("2028-04-29"), []);
  assert.deepEqual(warningsOn("2028-04-30"), [
    {
      what: "Meta Graph API version v25.0",
      message: "Meta is expected to retire Graph API version v25.0 on 2028-07-29, in 90 days.",
      cure: "Set META_GRAPH_VERSION to v26.0, or update Ampost.",
    },
  ]);
  assert.match(warningsOn("2026-11-27", "v20.0")[0]?.message ?? "", /have retired Graph API version v20.0/);
  assert.match(warningsOn("2026-11-27", "v19.0")[0]?.message ?? "", /have retired Graph API version v19.0/);
  assert.match(warningsOn("2027-08-01", "v22.0")[0]?.message ?? "", /v22.0 on 2027-10-08, in 68 days/);
  assert.deepEqual(warningsOn("2030-01-01", "v26.0"), []);
  assert.deepEqual(warningsOn("2030-01-01", "v31.0"), []);
});
