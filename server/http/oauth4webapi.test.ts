import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as oauth from "oauth4webapi";

import { createWorld, type World } from "../../tests/world.ts";

/** npm's oauth4webapi, unmodified, signs in an MCP client. Only the instance's URL is replaced by the test server's. */

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const OWN = "http://localhost:3000";
const RESOURCE = `${OWN}/mcp`;
const CALLBACK = "http://127.0.0.1:9/callback";

const here = (url: string | URL) => String(url).replace(OWN, world.url);
const options = {
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: (url: string, init: RequestInit) => fetch(here(url), init),
};

/** The person's browser: the consent page, and the button that allows. Returns where it is sent back to. */
async function allow(url: URL): Promise<URL> {
  const cookie = await world.signIn(world.test);
  const page = await (await fetch(here(url), { headers: { cookie } })).text();
  const asked = /name="asked" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const answered = await fetch(`${world.url}/oauth/authorize`, {
    method: "POST",
    headers: { cookie, origin: OWN },
    body: new URLSearchParams({ asked, answer: "allow", mode: "test" }),
    redirect: "manual",
  });
  return new URL(answered.headers.get("location") ?? "");
}

async function discover(): Promise<oauth.AuthorizationServer> {
  const resource = await oauth.processResourceDiscoveryResponse(
    new URL(RESOURCE),
    await oauth.resourceDiscoveryRequest(new URL(RESOURCE), options),
  );
  const issuer = new URL(resource.authorization_servers?.[0] ?? "");
  return oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options }),
  );
}

test("oauth4webapi discovers, registers, signs in with PKCE, calls, refreshes and revokes", async () => {
  const server = await discover();
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(
      server,
      { client_name: "Writing Desk", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" },
      options,
    ),
  );

  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint ?? "");
  for (const [name, value] of Object.entries({
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    resource: RESOURCE,
    scope: "mcp",
    state,
  }))
    url.searchParams.set(name, value);
  const parameters = oauth.validateAuthResponse(server, client, await allow(url), state);
  const auth = oauth.None();
  const tokens = await oauth.processAuthorizationCodeResponse(
    server,
    client,
    await oauth.authorizationCodeGrantRequest(server, client, auth, parameters, CALLBACK, verifier, {
      additionalParameters: { resource: RESOURCE },
      ...options,
    }),
  );
  assert.equal(tokens.scope, "mcp");
  assert.ok(tokens.refresh_token);

  const call = (token: string) =>
    oauth.protectedResourceRequest(
      token,
      "POST",
      new URL(RESOURCE),
      new Headers({ "content-type": "application/json", accept: "application/json, text/event-stream" }),
      JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "desk", version: "1" } },
      }),
      options,
    );
  assert.equal((await call(tokens.access_token)).status, 200);

  const renewed = await oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, auth, tokens.refresh_token, options),
  );
  assert.notEqual(renewed.access_token, tokens.access_token);
  assert.ok(renewed.refresh_token);
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, auth, renewed.refresh_token, options),
  );
  await assert.rejects(call(renewed.access_token), (error) => {
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError);
    return error.status === 401 && error.cause[0]?.parameters["resource_metadata"] !== undefined;
  });
  const refused = await oauth.refreshTokenGrantRequest(server, client, auth, renewed.refresh_token, options);
  await assert.rejects(oauth.processRefreshTokenResponse(server, client, refused), { error: "invalid_grant" });
});

test("oauth4webapi reads a refused registration and a wrong code verifier as errors of OAuth", async () => {
  const server = await discover();
  const refused = await oauth.dynamicClientRegistrationRequest(server, { redirect_uris: [] }, options);
  await assert.rejects(oauth.processDynamicClientRegistrationResponse(refused), {
    error: /^invalid_(redirect_uri|client_metadata)$/,
  });
  assert.deepEqual(
    [server.pushed_authorization_request_endpoint, server.introspection_endpoint],
    [undefined, undefined],
    "what is not offered is not announced",
  );
});
