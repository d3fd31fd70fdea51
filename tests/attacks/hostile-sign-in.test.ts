import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test, type TestContext } from "node:test";

import { readChoices } from "../../platforms/choices.ts";
import { createHttpClient, type HttpAnswer, parseJson, TransportError } from "../../platforms/kit/http.ts";
import { BrokerError, type Grant, type OAuth, type Profile } from "../../platforms/platform.ts";
import { type ConnectingWorld, createConnectingWorld, WAYS } from "../connecting-world.ts";
import { answerConsent, arrive, begin, connectAs, locationOf } from "../consent.ts";

let world: ConnectingWorld;
/** The platforms' responses to an honest sign-in, by login, in order. */
const honest = new Map<string, HttpAnswer[]>();
before(async () => {
  world = await createConnectingWorld();
  const { oauth } = world.services;
  const { httpFor } = oauth;
  for (const { platform, login, way } of WAYS) {
    const answers: HttpAnswer[] = [];
    oauth.httpFor = (mode) => ({
      send: async (request) => {
        const answer = await httpFor(mode).send(request);
        answers.push(answer);
        return answer;
      },
    });
    const { tenant, cookie } = await world.newcomer();
    assert.equal((await connectAs(world, cookie, tenant, platform, { login })).status, 303, way);
    honest.set(way, answers);
  }
  oauth.httpFor = httpFor;
});
after(() => world.close());

const LONG = "a".repeat(20_000);

/** What can replace any value of a response. */
const VALUES: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  "an empty text": "",
  "a long text": LONG,
  NUL: "a\u0000b",
  "half a character": "a\ud83d",
  "a line break": "a\r\nx-injected: 1",
  markup: "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "turned text": "a\u202eb",
  "an address that is a script": "javascript:alert(1)",
  "an address inside": "http://169.254.169.254/latest/meta-data",
  "a huge number": 1e308,
  "a number below zero": -1e308,
  "a truth value": true,
  "an empty list": [],
  "an empty object": {},
  "a long list": Array.from({ length: 3_000 }, () => "a"),
  "a deep list": JSON.parse("[".repeat(1_000) + "]".repeat(1_000)),
  "a name of prototypes": JSON.parse('{"__proto__":{"id":"1"},"constructor":"x"}'),
};

/** What can replace a whole response. */
const BODIES: readonly string[] = [
  "",
  "<html><script>alert(1)</script></html>",
  '{"access_token":"cut',
  "null",
  "7",
  "[]",
  "{}",
  "[".repeat(100_000),
  JSON.stringify({ error: LONG, error_description: LONG, error_message: LONG }),
  JSON.stringify({ error: { message: `a\u0000${LONG}`, code: LONG, type: {} } }),
  JSON.stringify({ error: "__proto__", errors: [{ message: "toString" }] }),
];
const STATUSES = [200, 302, 400, 401, 500];

const answerOf = (status: number, text: string, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers,
  text,
  json: () => parseJson(text),
});

/** The paths of all scalar values, and of all lists and objects. */
function placesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  const inside = Array.isArray(value)
    ? value.slice(0, 1).flatMap((each, index) => placesOf(each, [...path, index]))
    : typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, member]) => placesOf(member, [...path, name]))
      : [];
  return [path, ...inside];
}

function withValue(value: unknown, [step, ...rest]: readonly (string | number)[], other: unknown): unknown {
  if (step === undefined) return other;
  if (Array.isArray(value)) return value.map((each, index) => (index === step ? withValue(each, rest, other) : each));
  return { ...Object(value), [step]: withValue(Object(value)[step], rest, other) };
}

/** Each response of a sign-in in turn, as an attacker could return it. */
function* hostileAnswers(answers: readonly HttpAnswer[]): Generator<{ what: string; answers: HttpAnswer[] }> {
  for (const [turn, answer] of answers.entries()) {
    const instead = (other: HttpAnswer) => answers.map((each, index) => (index === turn ? other : each));
    for (const status of STATUSES)
      for (const body of BODIES)
        yield {
          what: `answer ${turn}: ${status} ${body.slice(0, 30)}`,
          answers: instead(answerOf(status, body, { location: "http://127.0.0.1/", "retry-after": "9".repeat(300) })),
        };
    const json = answer.json();
    for (const place of placesOf(json))
      for (const [name, value] of Object.entries(VALUES))
        yield {
          what: `answer ${turn}: ${name} at ${place.join(".")}`,
          answers: instead({
            ...answerOf(200, JSON.stringify(withValue(json, place, value)) ?? ""),
            headers: answer.headers,
          }),
        };
  }
}

function replay(answers: readonly HttpAnswer[]) {
  const left = [...answers];
  return { send: async () => left.shift() ?? answers.at(-1) ?? answerOf(500, "") };
}

const app = { clientId: "client", clientSecret: "secret-of-the-app", redirectUri: "https://app.example/back" };

/** It ends with a known, short error that contains no secret. */
async function ends<Result>(what: string, work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof BrokerError || error instanceof TransportError))
      assert.fail(`${what}: ${error instanceof Error ? error.stack?.slice(0, 600) : String(error)}`);
    assert.ok(error.message.length < 5_000, what);
    assert.ok(!error.message.includes(app.clientSecret), what);
    return null;
  }
}

function assertGrant({ accessToken, refreshToken, scopes, ...ends }: Grant, what: string): void {
  for (const token of [accessToken, ...(refreshToken === null ? [] : [refreshToken])])
    assert.match(token, /^[\x21-\x7e]{1,10000}$/, what);
  for (const seconds of [ends.expiresInSeconds, ends.refreshExpiresInSeconds])
    assert.ok(seconds === null || (seconds >= 0 && seconds < 200 * 366 * 86_400), `${what}: ${seconds}`);
  assert.ok(scopes === null || (scopes.length <= 200 && scopes.every(isShort)), what);
}

function assertProfile({ platformAccountId, username, displayName, avatarUrl, metadata }: Profile, what: string): void {
  assert.match(platformAccountId, /^[\x21-\x7e]{1,300}$/, what);
  for (const text of [username, displayName]) assert.ok(text === null || isShort(text), what);
  assert.ok(
    avatarUrl === null || (/^https?:\/\//.test(avatarUrl) && avatarUrl.length <= 3_000),
    `${what}: ${avatarUrl}`,
  );
  assert.ok(JSON.stringify(metadata).length < 50_000, what);
}

const isShort = (text: string) => text.length <= 300 && text.isWellFormed() && !text.includes("\0");

for (const { way, oauth } of WAYS) {
  test(`${way}: whatever the platform's response to a sign-in, it ends with a known error, or with data that can be stored, sent and shown`, async () => {
    const recorded = honest.get(way) ?? [];
    assert.ok(recorded.length >= 2, way);
    let kept = 0;
    for (const { what, answers } of hostileAnswers(recorded)) {
      const signedIn = await ends(what, signIn(oauth, answers));
      if (signedIn === null) continue;
      kept += 1;
      assertGrant(signedIn.grant, what);
      assert.ok(signedIn.choices.length <= 2_000, what);
      for (const choice of signedIn.choices.slice(0, 10)) {
        assertGrant(choice.grant, what);
        assertProfile(choice.profile, what);
      }
      assert.ok(signedIn.grantor === null || /^[\x21-\x7e]{1,300}$/.test(signedIn.grantor), what);
    }
    assert.ok(kept > 0, way);
  });

  test(`${way}: whatever the platform's response to a renewal, a profile request and a revocation`, async () => {
    const recorded = honest.get(way) ?? [];
    const grant = {
      accessToken: "token",
      refreshToken: "renewing",
      expiresInSeconds: 60,
      refreshExpiresInSeconds: 60,
      scopes: null,
    };
    for (const { what, answers } of hostileAnswers(recorded.slice(0, 2))) {
      const renewed = await ends(what, oauth.refresh?.run(replay(answers), app, grant) ?? Promise.resolve(null));
      if (renewed !== null) assertGrant(renewed, what);
      const profile = await ends(what, oauth.profileAgain?.(replay(answers), "token", "1") ?? Promise.resolve(null));
      if (profile !== null) assertProfile(profile, what);
      await ends(what, oauth.revoke?.(replay(answers), app, grant) ?? Promise.resolve());
    }
  });
}

async function signIn(oauth: OAuth, answers: readonly HttpAnswer[]) {
  const http = replay(answers);
  const grant = await oauth.exchange(http, app, { code: "code", codeVerifier: "verifier" });
  const choices = await readChoices(oauth, http, grant);
  return { grant, choices, grantor: (await oauth.grantor?.(http, app, grant).catch(() => null))?.id ?? null };
}

test("a platform's account data is stored, listed and shown as it is, or the user is told that nothing was connected", async () => {
  const texts = ["username", "name", "threads_profile_picture_url", "threads_biography"];
  const { tenant, cookie } = await world.newcomer();
  const { oauth } = world.services;
  const { httpFor } = oauth;
  let connections = 0;
  for (const [what, value] of Object.entries(VALUES)) {
    const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
    oauth.httpFor = (mode) => ({
      send: async (request) => {
        const given = await httpFor(mode).send(request);
        const told = [...texts, ...(typeof value === "number" ? ["expires_in"] : [])].filter((member) =>
          Object.hasOwn(Object(given.json()), member),
        );
        const changed = told.reduce((json, member) => withValue(json, [member], value), given.json());
        return told.length === 0 ? given : answerOf(200, JSON.stringify(changed), given.headers);
      },
    });
    const shown = await arrive(world, cookie, back).finally(() => (oauth.httpFor = httpFor));
    assert.ok(shown.status === 303 || shown.status === 400, `${what}: ${shown.status} ${shown.text.slice(0, 300)}`);
    connections += shown.status === 303 ? 1 : 0;
    const [account, ...others] = await world.accountsOf(tenant);
    assert.equal((await world.eventsOf(account?.id)).length, connections, what);
    assert.deepEqual(others, [], what);
  }
  assert.ok(connections > 5, String(connections));
});

/** A server that replaces the platforms. */
async function startServer(t: TestContext, answer: RequestListener): Promise<{ url: string; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

test("a platform that redirects elsewhere, or responds endlessly, slowly or with noise, connects nobody, and is not followed", async (t) => {
  const inside = await startServer(t, (_request, response) => response.end('{"access_token":"stolen"}'));
  const answers: Readonly<Record<string, RequestListener>> = {
    "a redirect": (_request, response) => response.writeHead(307, { location: `${inside.url}/latest` }).end(),
    "a redirect at the end of a connection": (_request, response) =>
      response.writeHead(302, { location: inside.url, connection: "close" }).end("{}"),
    "a body without end": (_request, response) => {
      const more = () => {
        while (response.write("a".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    },
    "a body that trickles": (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 20);
      response.once("close", () => clearInterval(timer));
    },
    "no answer": () => undefined,
    "a head without end": (request) => request.socket.write(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}`),
    noise: (request) => request.socket.end("\u0000\u0001noise\r\n\r\n"),
    "a promise of more": (_request, response) => {
      response.writeHead(200, { "content-length": "1000000" }).write("{}");
      response.socket?.end();
    },
  };
  const { oauth } = world.services;
  const { httpFor } = oauth;
  const { tenant, cookie } = await world.newcomer();
  for (const [what, answer] of Object.entries(answers)) {
    const platform = await startServer(t, answer);
    const http = createHttpClient({ sandboxUrl: platform.url });
    const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
    // Everything is real except the timeout.
    oauth.httpFor = () => ({ send: (request) => http.send({ ...request, timeoutSeconds: 3 }) });
    const shown = await arrive(world, cookie, back).finally(() => (oauth.httpFor = httpFor));
    assert.ok([400, 502].includes(shown.status), `${what}: ${shown.status} ${shown.text.slice(0, 300)}`);
    assert.match(shown.text, /was not connected/, what);
    assert.equal(platform.heard.length, 1, what);
    assert.deepEqual(await world.accountsOf(tenant), [], what);
  }
  assert.deepEqual(inside.heard, []);
});
