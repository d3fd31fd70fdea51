import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { selfHosted } from "../../model/plans.ts";
import { NO_LIMITS, unlimited } from "../../model/user-limits.ts";
import { createMediaWorld, fixture } from "../../tests/media-world.ts";
import type { MediaWorld } from "../../tests/media-world.ts";
import type { MediaRow } from "../db/queries/media.ts";
import { countSetAside, MOST_TRIES } from "../db/queries/tries.ts";
import { createIngest } from "./ingest.ts";
import type { Ingest } from "./ingest.ts";
import { addUrls, getMedia } from "./media-objects.ts";

const log = { warn: () => undefined, error: () => undefined };

describe("media by URL", () => {
  let world: MediaWorld;
  let ingest: Ingest;
  let server: Server;
  let base: string;
  let asked = 0;
  const askedFor: string[] = [];
  let answer: (response: ServerResponse) => void | Promise<void>;
  before(async () => {
    world = await createMediaWorld();
    ingest = createIngest({
      pool: world.database.pool,
      storage: world.storage,
      allowPrivateUrls: true,
      limitsOf: unlimited,
      planOf: selfHosted,
      jobs: world.jobs,
      log,
    });
    server = createServer((request, response) => {
      asked += 1;
      askedFor.push(request.url ?? "");
      void answer(response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    base = `http://127.0.0.1:${address.port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await world.close();
  });

  const add = async (url = `${base}/photo.jpg`) => {
    const [row] = await addUrls(world.database.pool, world.jobs, world.owner, [{ url }]);
    assert.ok(row !== undefined);
    return { id: row.id, job: world.jobs.sent.at(-1)?.data };
  };
  const look = async (id: string): Promise<MediaRow> => {
    const [row] = await getMedia(world.database.pool, world.owner, [id]);
    assert.ok(row !== undefined);
    return row;
  };
  /** What publishing learns in the end, however slow the machine is. */
  const settled = async (owner: MediaWorld["owner"], ids: readonly string[], by = ingest) => {
    for (;;) {
      const outcomes = await by.ensureReady(owner, ids);
      if ([...outcomes.values()].every(({ status }) => status !== "fetching")) return outcomes;
    }
  };
  const events = async (id: string) =>
    (
      await world.database.pool.query(
        "select user_id, mode, data from outbox where type = 'media.failed' and data ->> 'mediaId' = $1",
        [id],
      )
    ).rows;
  const serve = (name: string) => async (response: ServerResponse) => void response.end(await fixture(name));

  it("is stored and measured by its job, whatever content type the server declares", async () => {
    answer = async (response) =>
      void response.setHeader("content-type", "text/plain").end(await fixture("rotated.jpg"));
    const { id, job } = await add();
    await ingest.run(job);
    const row = await look(id);
    assert.deepEqual(
      [row.status, row.filename, row.facts?.mimeType, row.facts?.width, row.error],
      ["ready", "photo.jpg", "image/jpeg", 400, null],
    );
    assert.equal(await world.storage.sizeBytes(row.storage_key ?? ""), row.size_bytes);
  });

  it("is fetched once, however often its job runs", async () => {
    answer = serve("photo-1x1.jpg");
    const { job } = await add();
    await ingest.run(job);
    const before = asked;
    await ingest.run(job);
    assert.equal(asked, before);
  });

  it("gets ten minutes in the background, and one minute while publishing waits for it", async (t) => {
    answer = serve("photo-1x1.jpg");
    const limits = t.mock.method(AbortSignal, "timeout");
    const { job } = await add();
    await ingest.run(job);
    const { id } = await add();
    assert.equal((await settled(world.owner, [id])).get(id)?.status, "ready");
    const minutes = limits.mock.calls.map(({ arguments: [milliseconds] }) => milliseconds / 60_000);
    assert.deepEqual(
      minutes.filter((each) => each >= 1),
      [10, 1],
    );
  });

  it("on which five processes died while publishing waited is set aside with an event, and fetched by nobody", async () => {
    answer = serve("photo-1x1.jpg");
    const { id, job } = await add();
    const { pool } = world.database;
    const before = asked;
    const told: object[] = [];
    await pool.query(
      "insert into tries (work, subject, tries, unended, not_before) values ('files from URLs', $1, $2, $2, now() + interval '1 minute')",
      [id, MOST_TRIES],
    );
    const restarted = createIngest({
      pool,
      storage: world.storage,
      allowPrivateUrls: true,
      limitsOf: unlimited,
      planOf: selfHosted,
      jobs: world.jobs,
      log: { ...log, error: (entry: object) => told.push(entry) },
    });
    const outcome = async () => (await restarted.ensureReady(world.owner, [id])).get(id);
    assert.deepEqual(await outcome(), { status: "fetching" }, "the last of them may live");
    await pool.query("update tries set not_before = now()");
    const failed = (await settled(world.owner, [id], restarted)).get(id);
    assert.ok(failed?.status === "failed");
    assert.match(failed.message, /stopped repeatedly/);
    assert.deepEqual(await outcome(), failed);
    await restarted.run(job);
    assert.equal(asked, before);
    const row = await look(id);
    assert.deepEqual([row.status, row.error, (await events(id)).length], ["failed", failed.message, 1]);
    assert.equal(told.length, 1);
    assert.deepEqual(await countSetAside.all(pool), [{ work: "a file from a URL", count: 1 }]);
  });

  it("keeps one file if two processes fetch it concurrently", async () => {
    answer = serve("photo-1x1.png");
    const { id, job } = await add();
    const keysBefore = (await world.storageKeys()).length;
    const another = createIngest({
      pool: world.database.pool,
      storage: world.storage,
      allowPrivateUrls: true,
      limitsOf: unlimited,
      planOf: selfHosted,
      jobs: world.jobs,
      log,
    });
    await Promise.all([ingest.run(job), another.run(job)]);
    assert.equal((await look(id)).status, "ready");
    assert.equal((await world.storageKeys()).length, keysBefore + 1);
  });

  it("is fetched once for several platform posts of one process", async () => {
    answer = serve("photo-1x1.png");
    const { id } = await add();
    const before = asked;
    const outcomes = await Promise.all([1, 2, 3].map(() => settled(world.owner, [id])));
    assert.equal(asked, before + 1);
    for (const outcome of outcomes) assert.equal(outcome.get(id)?.status, "ready");
  });

  it("is retried while it cannot be fetched, and says why meanwhile", async () => {
    const { id, job } = await add();
    for (const status of [404, 403, 500, 503, 206, 304]) {
      answer = (response) => void response.writeHead(status).end();
      await assert.rejects(ingest.run(job), { message: `The URL responds with status ${status}.` });
    }
    answer = (response) => void response.destroy();
    await assert.rejects(ingest.run(job), /The URL could not be fetched/);
    assert.deepEqual(
      [(await look(id)).status, (await look(id)).error],
      ["pending", "The URL could not be fetched: the connection was closed."],
    );
    assert.deepEqual(await events(id), []);
    answer = serve("photo-1x1.webp");
    await ingest.run(job);
    assert.deepEqual([(await look(id)).status, (await look(id)).error], ["ready", null]);
  });

  it("fails permanently if its bytes will never be valid, once, with an event", async () => {
    const keysBefore = await world.storageKeys();
    const cases: [(response: ServerResponse) => void | Promise<void>, RegExp][] = [
      [
        (response) => void response.end("<html>not found</html>"),
        /^The file at the URL is not an image or video of a supported type\.$/,
      ],
      [serve("unsupported.webm"), /is video\/webm, which is not supported/],
      [
        async (response) => void response.end((await fixture("photo-4x5.jpg")).subarray(0, 9_000)),
        /is truncated or corrupt/,
      ],
      [(response) => void response.end(), /is empty/],
      [
        (response) => void response.writeHead(200, { "content-length": 209_715_201 }).write("x"),
        /more than 209715200 bytes/,
      ],
    ];
    for (const [reply, message] of cases) {
      answer = reply;
      const { id, job } = await add();
      await ingest.run(job);
      await ingest.run(job);
      const row = await look(id);
      assert.equal(row.status, "failed");
      assert.match(row.error ?? "", message);
      assert.deepEqual(await events(id), [
        { user_id: "user_a", mode: "live", data: { mediaId: id, url: `${base}/photo.jpg`, message: row.error } },
      ]);
    }
    assert.deepEqual(await world.storageKeys(), keysBefore);
  });

  it("fails permanently at a forbidden address, without revealing anything about it", async () => {
    const guarded = createIngest({
      pool: world.database.pool,
      storage: world.storage,
      allowPrivateUrls: false,
      limitsOf: unlimited,
      planOf: selfHosted,
      jobs: world.jobs,
      log,
    });
    for (const url of [
      `${base}/photo.jpg`,
      "http://169.254.169.254/latest/meta-data/",
      "ftp://example.com/a.jpg",
      "nonsense",
    ]) {
      const { id, job } = await add(url);
      const before = asked;
      await guarded.run(job);
      assert.equal((await look(id)).status, "failed");
      assert.equal(asked, before);
    }
  });

  it("gets a last attempt when publishing starts, even after a failure", async () => {
    answer = (response) => void response.end("not yet");
    const late = await add();
    await ingest.run(late.job);
    const missing = await add(`${base}/missing.jpg`);
    answer = (response) => void response.writeHead(404).end();
    const outcome = await settled(world.owner, [late.id, missing.id]);
    assert.deepEqual(outcome.get(missing.id), { status: "failed", message: "The URL responds with status 404." });
    assert.equal(outcome.get(late.id)?.status, "failed");
    answer = serve("photo-4x5.jpg");
    const again = await settled(world.owner, [late.id, missing.id]);
    assert.deepEqual([again.get(late.id)?.status, again.get(missing.id)?.status], ["ready", "ready"]);
    assert.equal((await look(late.id)).status, "ready");
  });

  it("returns immediately if it takes longer when publishing starts, and continues in the background", async () => {
    const sent = Promise.withResolvers<void>();
    answer = async (response) => {
      response.writeHead(200).flushHeaders();
      await sent.promise;
      response.end(await fixture("photo-1x1.jpg"));
    };
    const { id } = await add();
    const before = asked;
    assert.deepEqual((await ingest.ensureReady(world.owner, [id])).get(id), { status: "fetching" });
    sent.resolve();
    while ((await ingest.ensureReady(world.owner, [id])).get(id)?.status === "fetching");
    assert.equal((await look(id)).status, "ready");
    assert.equal(asked, before + 1);
  });

  it("is not blocked by another user's endless sources, and live posts go before all of test mode", async () => {
    const others = await Promise.all(
      Array.from({ length: 9 }, async (_, number) => {
        const userId = `slow_${number}`;
        await world.database.pool.query("insert into users (id, email) values ($1, $1 || '@example.com')", [userId]);
        return { userId, mode: "test" } as const;
      }),
    );
    answer = (response) => void response.writeHead(200).write("drip");
    const another = createIngest({
      pool: world.database.pool,
      storage: world.storage,
      allowPrivateUrls: true,
      limitsOf: unlimited,
      planOf: selfHosted,
      jobs: world.jobs,
      log,
    });
    const before = asked;
    const hanging = await Promise.all(
      others.flatMap((owner) =>
        [1, 2, 3, 4, 5].map(async () => ({
          owner,
          id:
            (await addUrls(world.database.pool, world.jobs, owner, [{ url: `${base}/${owner.userId}.jpg` }]))[0]?.id ??
            "",
        })),
      ),
    );
    await Promise.all(
      hanging.map(async ({ owner, id }) =>
        assert.equal((await another.ensureReady(owner, [id])).get(id)?.status, "fetching"),
      ),
    );
    while (asked - before < 24) await sleep(20);
    assert.equal(asked - before, 24, "none of the places of live mode");
    for (const { userId } of others)
      assert.ok(askedFor.filter((path) => path === `/${userId}.jpg`).length <= 4, userId);
    answer = serve("photo-1x1.jpg");
    const { id } = await add();
    while ((await another.ensureReady(world.owner, [id])).get(id)?.status === "fetching");
    assert.equal((await look(id)).status, "ready");
    another.stop();
    server.closeAllConnections();
  });

  it("is given up if it arrives too slowly, so that it occupies no place for nothing", async (t) => {
    // The clock by which slowness is validated runs fast, so that the test need not be slow as well.
    const now = performance.now.bind(performance);
    t.mock.method(performance, "now", () => now() * 100);
    answer = (response) => {
      const timer = setInterval(() => response.write("drip"), 50);
      response.writeHead(200).once("close", () => clearInterval(timer));
    };
    const { id, job } = await add();
    await assert.rejects(ingest.run(job), /responds too slowly/);
    assert.equal((await look(id)).status, "pending");
  });

  it("is stored up to its user's limit, even concurrently, and leaves nothing beyond it", async () => {
    const { length } = await fixture("photo-1x1.jpg");
    await world.database.pool.query("insert into users (id, email) values ('user_f', 'user_f@example.com')");
    const owner = { userId: "user_f", mode: "live" } as const;
    const bounded = createIngest({
      pool: world.database.pool,
      storage: world.storage,
      allowPrivateUrls: true,
      limitsOf: async () => ({ ...NO_LIMITS, maxStorageBytes: 2 * length }),
      planOf: selfHosted,
      jobs: world.jobs,
      log,
    });
    answer = serve("photo-1x1.jpg");
    const rows = await addUrls(
      world.database.pool,
      world.jobs,
      owner,
      Array.from({ length: 6 }, () => ({ url: `${base}/photo.jpg` })),
    );
    const keysBefore = await world.storageKeys();
    await Promise.all(rows.map(({ id }) => bounded.run({ ...owner, mediaId: id })));
    await bounded.run({ ...owner, mediaId: rows[0]?.id });
    const stored = await getMedia(
      world.database.pool,
      owner,
      rows.map(({ id }) => id),
    );
    const ready = stored.filter(({ status }) => status === "ready");
    assert.ok(ready.length >= 1 && ready.length <= 2, `${ready.length} stored`);
    for (const { status, error } of stored)
      if (status !== "ready") assert.match(`${status} ${error}`, /^failed This upload would exceed your storage limit/);
    assert.equal((await world.storageKeys()).length, keysBefore.length + ready.length);
  });

  it("returns uploads, deleted and unknown ones without any request", async () => {
    const upload = await world.upload("silent.mp4");
    const before = asked;
    const outcome = await ingest.ensureReady(world.owner, [upload.id, "0199b0a0-0000-7000-8000-000000000000"]);
    assert.deepEqual(outcome.get(upload.id), { status: "ready", facts: upload.facts });
    assert.deepEqual(outcome.get("0199b0a0-0000-7000-8000-000000000000"), {
      status: "failed",
      message: "The media object has been deleted.",
    });
    assert.equal((await ingest.ensureReady(world.stranger, [upload.id])).get(upload.id)?.status, "failed");
    assert.equal(asked, before);
  });

  it("leaves nothing behind if deleted while it is fetched", async () => {
    const { id, job } = await add();
    const keysBefore = await world.storageKeys();
    answer = async (response) => {
      await world.database.pool.query("delete from media where id = $1", [id]);
      response.end(await fixture("photo-1x1.jpg"));
    };
    await ingest.run(job);
    assert.deepEqual(await world.storageKeys(), keysBefore);
  });
});
