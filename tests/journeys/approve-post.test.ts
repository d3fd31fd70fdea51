import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { postsApproval } from "../../contract/operations/approvals.ts";
import { post } from "../../contract/operations/posts.ts";
import { fixture } from "../media-world.ts";
import { cookiesOf } from "../world.ts";

const TRUE_COVER = "photo-9x16.jpg";
const TRUE_PICTURE = "photo-4x5.jpg";
const TRUE_OWN = "photo-1.91x1.jpg";
const FILM = "portrait-9x16.mp4";
const LIE = "photo-1x1.jpg";

test("what a person sees is what is published, whatever the media's original server shows to whom", async (t) => {
  const asked: string[] = [];
  const liar = createServer((request, response) => {
    const agent = String(request.headers["user-agent"]);
    asked.push(agent);
    const name = request.url?.slice(1) ?? "";
    void fixture(agent === "Ampost" ? name : LIE).then((bytes) => response.end(bytes));
  });
  await new Promise<void>((listening) => liar.listen(0, "127.0.0.1", listening));
  t.after(() => liar.close().closeAllConnections());
  const theirs = `127.0.0.1:${(liar.address() as AddressInfo).port}`;

  const installation = await openInstallation(t);
  const server = await installation.start("start", { AMPOST_ALLOW_PRIVATE_URLS: "true" });
  const { platformSetId } = await installation.json("bootstrap", "--json");
  const { appUrl } = installation;
  const send = async (method: string, path: string, headers: Record<string, string>, body?: object) => {
    const answer = await fetch(appUrl + path, {
      method,
      redirect: "manual",
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: JSON.stringify(body),
    });
    assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.status < 400 ? "" : await answer.text()}`);
    return answer;
  };
  const read = async (answer: Promise<Response>) =>
    z.record(z.string(), z.unknown()).parse(await (await answer).json());

  await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
  const person = { email: "owner@example.com", password: "correct horse battery", name: "Olivia" };
  await send(
    "POST",
    "/api/auth/set-up",
    { origin: appUrl },
    { token: /\/setup\?token=(\S+)/.exec(server.output())?.[1] ?? "", ...person },
  );
  const session = {
    origin: appUrl,
    cookie: cookiesOf(await send("POST", "/api/auth/sign-in/email", { origin: appUrl }, person)),
  };
  const made = await read(
    send("POST", "/api/keys", session, { mode: "test", name: "robot", policies: { approvalRequired: true } }),
  );
  const robot = { authorization: `Bearer ${z.string().parse(made.apiKey ?? Object(made.key).apiKey)}` };

  const media = [{ url: `http://${theirs}/${FILM}`, thumbnailUrl: `http://${theirs}/${TRUE_PICTURE}` }];
  const platformOverrides = {
    instagram: { settings: { coverUrl: `http://${theirs}/${TRUE_COVER}` } },
    facebook: { media: [{ url: `http://${theirs}/${TRUE_OWN}` }] },
    threads: {
      settings: { thread: [{ text: "And a picture", media: [{ url: `http://${theirs}/${TRUE_PICTURE}` }] }] },
    },
  };
  const created = post.parse(
    (
      await read(
        send("POST", "/api/v1/posts", robot, {
          content: { text: "Look", media, platformOverrides },
          platforms: ["instagram", "threads", "facebook"],
          platformSetId,
        }),
      )
    ).post,
  );
  assert.deepEqual(
    [created.content.media[0]?.url, created.content.platformOverrides],
    [media[0]?.url, platformOverrides],
    "the API gives back what was sent",
  );

  const look = async () =>
    postsApproval.answer.parse(await read(send("GET", `/api/posts/${created.id}/approval?mode=test`, session)));
  while ((await look()).approval.media.some(({ status }) => status !== "ready")) await sleep(50);
  const shown = await look();
  const listed = JSON.stringify(await read(send("GET", "/api/approvals?mode=test", session)));
  for (const text of [JSON.stringify(shown), listed])
    assert.ok(!text.includes(theirs), "nothing leads to the caller's own server");

  const truth = new Map(
    await Promise.all(
      [FILM, TRUE_COVER, TRUE_PICTURE, TRUE_OWN].map(async (name) => [name, sha256(await fixture(name))] as const),
    ),
  );
  const seen = await Promise.all(
    shown.approval.media.map(async ({ url }) => {
      const { pathname, search } = new URL(url ?? "");
      return sha256(Buffer.from(await (await send("GET", pathname + search, session)).arrayBuffer()));
    }),
  );
  const places = [FILM, TRUE_PICTURE, TRUE_COVER, TRUE_OWN, TRUE_PICTURE];
  assert.deepEqual(seen.sort(), places.map((name) => truth.get(name)).sort());

  await send("POST", `/api/posts/${created.id}/approve?mode=test`, session, {
    contentHash: shown.approval.contentHash,
  });
  const published = post.parse(
    (await read(send("POST", `/api/v1/posts/${created.id}/publish`, { ...robot, prefer: "wait=60" }))).post,
  );
  assert.deepEqual(
    published.platformPosts.map(({ status }) => status),
    ["published", "published", "published"],
    JSON.stringify(published.platformPosts),
  );
  const audience = await (await fetch(installation.sandboxUrl)).text();
  for (const name of [TRUE_COVER, TRUE_PICTURE, TRUE_OWN])
    assert.ok(audience.includes(truth.get(name) ?? "?"), `the audience sees ${name}`);
  assert.ok(!audience.includes(sha256(await fixture(LIE))));
  assert.deepEqual(
    [...new Set(asked)],
    ["Ampost"],
    "nobody but the guarded door has asked the caller's server for anything",
  );
  await server.end("SIGTERM");
});

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
