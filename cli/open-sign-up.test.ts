import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { z } from "zod";

import { OPEN_LIMITS, OPEN_MAX_USERS } from "../model/user-limits.ts";
import { fixture } from "../tests/media-world.ts";
import { patientFetch } from "../tests/patient-fetch.ts";
import { openInstallation } from "./installation.fixture.ts";

const { callsPerMinute, postsPerDay, maxStorageBytes } = OPEN_LIMITS;

test("AMPOST_SIGNUP=open alone limits how many users there are, and everybody's bytes, posts a day and calls a minute, in the server and in its worker", async (t) => {
  const photo = await fixture("photo-1x1.jpg");
  const source = createServer((_, response) => response.end(photo)).listen(0, "127.0.0.1");
  t.after(() => source.close());
  await new Promise((resolve) => source.once("listening", resolve));
  const { port } = source.address() as AddressInfo;

  const installation = await openInstallation(t);
  const server = await installation.start("start", { AMPOST_SIGNUP: "open", AMPOST_ALLOW_PRIVATE_URLS: "true" });
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const call = async (method: string, path: string, body?: FormData | object) => {
    const isForm = body instanceof FormData;
    const response = await patientFetch(`${installation.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${String(apiKey)}`, ...(isForm ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: answer.parse(await response.json()) };
  };
  const upload = async () => {
    const form = new FormData();
    form.append("file", new File([new Uint8Array(photo)], "photo.jpg", { type: "image/jpeg" }));
    return await call("POST", "/media", form);
  };
  const set = async (statement: string, value: number | null) =>
    await installation.database?.pool.query(statement, [value]);
  const refusalOf = ({ status, body }: Awaited<ReturnType<typeof call>>) => [
    status,
    body.limit?.name,
    body.limit?.limit,
  ];

  const signUp = async (name: string) => {
    const response = await patientFetch(`${installation.appUrl}/api/auth/sign-up/email`, {
      method: "POST",
      headers: { origin: installation.appUrl, "content-type": "application/json" },
      body: JSON.stringify({ email: `${name}@example.com`, password: "correct horse battery staple" }),
    });
    return [response.status, /signUp\.full/.test(await response.text())];
  };
  // The owner is one.
  await set(
    "insert into users (id, email, email_verified) select 'u' || n, n || '@example.com', true from generate_series(1, $1) n",
    OPEN_MAX_USERS - 2,
  );
  assert.deepEqual(await signUp("last"), [200, false]);
  await installation.database?.pool.query("update users set email_verified = true");
  assert.deepEqual(await signUp("beyond"), [400, true]);

  // One byte fits, and no file.
  assert.equal((await upload()).status, 201);
  await set("update media set size_bytes = $1", (maxStorageBytes ?? 0) - 1);
  assert.deepEqual(refusalOf(await upload()), [429, "maxStorageBytes", maxStorageBytes]);
  const draft = { platforms: ["threads"], platformSetId };
  const fetched = await call("POST", "/posts", {
    ...draft,
    content: { text: "From elsewhere", media: [{ url: `http://127.0.0.1:${port}/photo.jpg` }] },
  });
  assert.equal(fetched.status, 201, JSON.stringify(fetched.body));
  const fetchedMedia = async () =>
    list.parse((await call("GET", "/media")).body).media.find(({ sourceUrl }) => sourceUrl !== null);
  await installation.until(async () => (await fetchedMedia())?.status !== "pending");
  assert.match(JSON.stringify(await fetchedMedia()), /"failed".*storage limit of 2000000000 bytes/);

  await set("update users set posts_day = (now() at time zone 'UTC')::date, posts_today = $1", (postsPerDay ?? 0) - 1);
  const create = () => call("POST", "/posts", { ...draft, content: { text: "Hello" } });
  assert.equal((await create()).status, 201);
  assert.deepEqual(refusalOf(await create()), [429, "postsPerDay", postsPerDay]);

  // In two clock minutes at most.
  const called = await Promise.all(
    Array.from({ length: 2 * (callsPerMinute ?? 0) + 1 }, () => call("GET", "/posts?limit=1")),
  );
  const over = called.find(({ status }) => status !== 200);
  assert.deepEqual(over && refusalOf(over), [429, "apiRead", callsPerMinute]);
  assert.equal(await server.end("SIGTERM"), 0);
});

const answer = z.looseObject({ limit: z.object({ name: z.string(), limit: z.int() }).optional() });
const list = z.looseObject({
  media: z.array(z.looseObject({ status: z.string(), sourceUrl: z.string().nullable() })),
});
