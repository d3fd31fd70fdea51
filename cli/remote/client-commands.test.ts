import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";

import { createClient, verifyWebhook } from "../../client/index.ts";
import { EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";
import { openInstallation } from "../installation.fixture.ts";

test("the client commands create, publish, follow and explain posts over HTTP, and exit codes show the result", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const key = String(apiKey);
  const settings = { XDG_CONFIG_HOME: installation.dataDir, AMPOST_API_URL: installation.url, NO_COLOR: "1" };
  const ampost = (...args: string[]) => installation.run(args, { ...settings, AMPOST_API_KEY: key });
  const lastOf = (stdout: string) => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");

  await t.test("without a key, they say how to get one", async () => {
    const { code, stderr } = await installation.run(["posts", "list"], settings);
    assert.equal(code, 1);
    assert.match(stderr, /ampost login/);
  });

  await t.test(
    "login stores the key from standard input only for its owner, and never shows it; logout deletes it",
    async () => {
      const credentials = join(installation.dataDir, "ampost/credentials.json");
      const environment = Object.entries(settings)
        .map(([name, value]) => `export ${name}="${value}"`)
        .join("\n");
      const said = await installation.shell(
        `${environment}\necho "${key}" | node cli/ampost.js login\nnode cli/ampost.js sets list\n` +
          'node cli/ampost.js logout\nnode cli/ampost.js sets list || echo "ended with $?"',
      );
      assert.match(
        said.stdout,
        /^Logged in to .* with a test key, .*\n.*Default.*\nDeleted the saved key .*\nended with 1\n$/,
      );
      assert.ok(!`${said.stdout}${said.stderr}`.includes(key));
      assert.equal((await stat(credentials)).mode & 0o777, 0o600);
      assert.ok(!(await readFile(credentials, "utf8")).includes(key));
      const wrong = await installation.shell(
        `${environment}\necho amp_test_wrong | node cli/ampost.js login || echo "ended with $?"`,
      );
      assert.match(wrong.stdout, /ended with 3/);
    },
  );

  await t.test("a CSV file is checked by row, imported once, and in local time", async () => {
    const file = join(installation.dataDir, "campaign.csv");
    const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    const write = (...rows: string[]) =>
      writeFile(file, ["\uFEFFid,text,platforms,scheduledFor,timeZone", ...rows].join("\r\n"));
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await ampost("posts", "import", file, "--json", ...args);
      assert.ok(stdout !== "", stderr);
      return { code, rows: lastOf(stdout).rows };
    };
    const total = async () => lastOf((await ampost("posts", "list", "--json")).stdout).total;
    const before = await total();
    const timed = `,"Two lines,\nin one cell",facebook,${day} 09:30,Asia/Tokyo`;
    await write(timed, `,Same,${EXAMPLE_PLATFORM},,`, `,Same,${EXAMPLE_PLATFORM},,`, "mine,,nowhere,,Mars/Phobos");
    const tried = await run("--dry-run");
    assert.deepEqual([tried.code, await total()], [3, before]);
    assert.deepEqual(
      tried.rows.map(({ line, issues }: { line: number; issues: { path: string }[] }) => [
        line,
        issues.map(({ path }) => path),
      ]),
      [
        [3, []],
        [4, []],
        [5, []],
        [6, ["/platforms/0", "/timeZone"]],
      ],
    );
    const first = await run();
    assert.deepEqual([first.code, await total()], [3, before + 3]);
    assert.equal(first.rows[0].post.scheduledFor, `${day}T00:30:00.000Z`);
    assert.equal(first.rows[0].post.content.text, "Two lines,\nin one cell");
    await write(
      timed,
      `,Same,${EXAMPLE_PLATFORM},,`,
      `,Same,${EXAMPLE_PLATFORM},,`,
      `mine,Mended,${EXAMPLE_PLATFORM},,`,
    );
    const second = await run();
    assert.deepEqual([second.code, await total()], [0, before + 4]);
    const idsOf = (rows: { post: { id: string } }[]) => rows.slice(0, 3).map(({ post }) => post.id);
    assert.deepEqual(idsOf(second.rows), idsOf(first.rows));
    await write(`mine,Changed,${EXAMPLE_PLATFORM},,`);
    const third = await run();
    assert.deepEqual([third.code, await total()], [3, before + 4]);
    assert.match(third.rows[0].error, /key/i);
    const { platformSets } = createClient({ apiKey: key, baseUrl: installation.url });
    await platformSets.setPostingTimes(String(platformSetId), {
      timeZone: "Europe/Berlin",
      times: { monday: ["09:30", "17:00"], thursday: ["09:30"] },
    });
    const texts = Array.from({ length: 6 }, (_, index) => `Queued ${index}`);
    await writeFile(
      file,
      ["text,platforms,nextPostingTime", ...texts.map((text) => `${text},facebook,yes`)].join("\n"),
    );
    const queued = await run();
    const times = queued.rows.map(({ post }: { post: { scheduledFor: string } }) => post.scheduledFor);
    assert.equal(new Set(times).size, 6);
    assert.deepEqual(times, times.toSorted(), "in the order of the rows");
    const [account] = (await createClient({ apiKey: key, baseUrl: installation.url }).accounts.list()).accounts;
    const ofAccount = async (...given: string[]) => {
      const { code, stdout, stderr } = await ampost("accounts", "posting-times", account?.id ?? "", ...given);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const own = await ofAccount("--time-zone", "Asia/Tokyo", "--at", "friday 17:00,09:30");
    assert.match(own, /^Own times\nfriday +09:30, 17:00\ntime zone +Asia\/Tokyo\nnext free +2/);
    assert.equal(await ofAccount(), own);
    assert.match(await ofAccount("--follow-set"), /^Follows the platform set\nmonday +09:30, 17:00/);
    const wrong = await ampost("posts", "import", join(import.meta.dirname, "../../tests/fixtures/README.md"));
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
  });

  await t.test("a post with an upload is published and followed to its end", async () => {
    const made = await ampost(
      "posts",
      "create",
      "From the command line",
      "--platforms",
      EXAMPLE_PLATFORM,
      "--media",
      "tests/fixtures/photo-1x1.jpg",
      "--publish",
      "--wait",
      "--json",
      "--idempotency-key",
      "once",
    );
    assert.equal(made.code, 0, made.stderr);
    const { post } = lastOf(made.stdout);
    assert.deepEqual([post.status, post.platformSetId, post.content.media.length], ["published", platformSetId, 1]);
    const again = await ampost(
      "posts",
      "create",
      "From the command line",
      "--platforms",
      EXAMPLE_PLATFORM,
      "--media",
      "tests/fixtures/photo-1x1.jpg",
      "--publish",
      "--wait",
      "--idempotency-key",
      "once",
    );
    assert.match(again.stdout, new RegExp(`^${post.id}  published\n  ${EXAMPLE_PLATFORM}  published  https://`));
    const listed = await ampost("posts", "list", "--search", "command line");
    assert.equal(listed.stdout.split("\n").filter((line) => line.includes("From the command line")).length, 1);
    assert.match((await ampost("posts", "attempts", post.id)).stdout, /done/);
    const late = await ampost("posts", "cancel", post.id);
    assert.equal(late.code, 3);
    assert.match(late.stderr, /INVALID_STATUS_TRANSITION/);
  });

  await t.test("the attempts of a refused post show what the platform responded", async () => {
    const made = await ampost(
      "posts",
      "create",
      "[[sandbox:reject]] Refused",
      "--platforms",
      EXAMPLE_PLATFORM,
      "--publish",
      "--wait",
      "--json",
    );
    const { post } = lastOf(made.stdout);
    assert.equal(post.status, "failed", made.stderr);
    assert.match((await ampost("posts", "attempts", post.id)).stdout, / {2}400 {2}\d+ ms\n {4}\{"error":/);
  });

  await t.test("one platform can have media of its own", async () => {
    const own = `${EXAMPLE_PLATFORM}=tests/fixtures/photo-1x1.jpg`;
    const made = await ampost("posts", "create", "x", "--platforms", EXAMPLE_PLATFORM, "--media-for", own, "--json");
    assert.equal(made.code, 0, made.stderr);
    const { content } = lastOf(made.stdout).post;
    assert.deepEqual([content.media.length, content.platformOverrides[EXAMPLE_PLATFORM].media.length], [0, 1]);
    const wrong = await ampost("posts", "create", "x", "--platforms", EXAMPLE_PLATFORM, "--media-for", "photo.jpg");
    assert.equal(wrong.code, 2);
  });

  await t.test("all problems of a post are reported, and for programs as JSON", async () => {
    const invalid = await ampost("validate", "", "--platforms", EXAMPLE_PLATFORM);
    assert.equal(invalid.code, 3);
    assert.match(invalid.stdout, /VALIDATION_FAILED: .*\(\/content\/text\)/);
    const data = join(installation.dataDir, "post.json");
    await writeFile(
      data,
      JSON.stringify({ content: { text: "x" }, platforms: [EXAMPLE_PLATFORM], schedueldFor: null }),
    );
    const refused = await ampost("posts", "create", "--data", data, "--json");
    assert.equal(refused.code, 3);
    assert.match(lastOf(refused.stdout).issues[0].message, /scheduledFor/);
    assert.equal((await ampost("validate", "Fine", "--platforms", EXAMPLE_PLATFORM)).code, 0);
    assert.equal((await ampost("posts", "create", "x")).code, 2);
    assert.equal((await ampost("posts", "create", "x", "--platforms", "myspace")).code, 2);
    assert.equal((await ampost("media", "upload", "not/there.jpg")).code, 2);
    assert.match((await ampost("media", "upload", "tests/fixtures")).stderr, /tests\/fixtures is a folder/);
    assert.equal((await ampost("posts", "list", "--url", "http://127.0.0.1:9")).code, 1);
    assert.equal((await ampost("posts", "list", "--url", "localhost:3000")).code, 2);
    for (const [text, sentence] of [
      ["null", /must be a JSON object/],
      ["{", /must be a JSON object/],
      ['{"content":"x"}', /`content`/],
    ] as const) {
      await writeFile(data, text);
      const { code, stderr } = await ampost("posts", "create", "--data", data);
      assert.equal(code, 2);
      assert.match(stderr, sentence);
    }
    assert.match((await ampost("posts", "create", "--data", "not/there.json")).stderr, /file not found/);
    assert.equal(
      (
        await ampost(
          "posts",
          "create",
          "x",
          "--platforms",
          EXAMPLE_PLATFORM,
          "--publish",
          "--at",
          "2099-01-01T00:00:00Z",
        )
      ).code,
      2,
    );
  });

  await t.test("a failed post exits with 4, and a retry fixes it", async () => {
    const failed = await ampost(
      "posts",
      "create",
      "[[sandbox:reject:1]] Refused once",
      "--platforms",
      EXAMPLE_PLATFORM,
      "--publish",
      "--wait",
      "--json",
    );
    assert.equal(failed.code, 4, failed.stderr);
    const { post } = lastOf(failed.stdout);
    assert.match((await ampost("posts", "get", post.id)).stdout, / says: /);
    const retried = await ampost("posts", "retry", post.id, "--wait");
    assert.equal(retried.code, 0, retried.stdout);
    assert.match((await ampost("posts", "watch", post.id)).stdout, /published/);
  });

  await t.test("a draft-only key is told which draft was created when publishing is rejected", async () => {
    const { apiKey: writer } = await installation.json(
      "keys",
      "create",
      "--mode",
      "test",
      "--name",
      "writer",
      "--draft-only",
      "--platforms",
      `${EXAMPLE_PLATFORM},facebook`,
      "--json",
    );
    const { code, stderr } = await installation.run(
      ["posts", "create", "By a writer", "--platforms", EXAMPLE_PLATFORM, "--publish"],
      { ...settings, AMPOST_API_KEY: String(writer) },
    );
    assert.equal(code, 3);
    const [, made] = /The draft (\S+) was created but not published/.exec(stderr) ?? [];
    assert.match((await ampost("posts", "get", String(made))).stdout, /draft/);
  });

  await t.test(
    "pages follow each other, a reader that has enough ends it quietly, and what cannot be written is no success",
    async () => {
      const first = lastOf((await ampost("posts", "list", "--limit", "1", "--json")).stdout);
      const second = lastOf(
        (await ampost("posts", "list", "--limit", "1", "--cursor", first.nextCursor, "--json")).stdout,
      );
      assert.equal(second.posts.length, 1);
      assert.notEqual(second.posts[0].id, first.posts[0].id);
      const environment = Object.entries({ ...settings, AMPOST_API_KEY: key })
        .map(([name, value]) => `export ${name}="${value}"`)
        .join("\n");
      const { stdout, stderr } = await installation.shell(
        `${environment}\n{ node cli/ampost.js posts list --all || echo "ended with $?" >&2; } | true\n` +
          '{ node cli/ampost.js posts list > /dev/full; } || echo "full: $?"',
      );
      assert.match(stderr, /^ended with 141\nThe response could not be written: /);
      assert.equal(stdout, "full: 1\n");
    },
  );

  await t.test("a post is edited, and scheduled or made a draft again", async () => {
    const made = await ampost("posts", "create", "Frist", "--platforms", "facebook", "--json");
    const { id } = lastOf(made.stdout).post;
    const day = new Date(Date.now() + 86_400_000).toISOString();
    const edited = await ampost("posts", "edit", id, "First", "--at", day, "--link", "https://example.com/a", "--json");
    const { post } = lastOf(edited.stdout);
    assert.deepEqual(
      [edited.code, post.content.text, post.content.linkUrl, post.scheduledFor, post.status],
      [0, "First", "https://example.com/a", day, "scheduled"],
    );
    const back = await ampost("posts", "edit", id, "--at", "none", "--link", "none");
    assert.match(back.stdout, new RegExp(`^${id}  draft\n  First\n`));
    const data = join(installation.dataDir, "changes.json");
    await writeFile(data, JSON.stringify({ content: { text: "Third" } }));
    assert.match((await ampost("posts", "edit", id, "--data", data)).stdout, /^ {2}Third$/m);
    assert.equal((await ampost("posts", "edit", id)).code, 2);
    assert.equal((await ampost("posts", "edit", id, "--platforms", "youtube")).code, 3);
  });

  await t.test("media, platforms, connect links and webhooks", async () => {
    const uploaded = (await ampost("media", "upload", "tests/fixtures/photo-4x5.jpg")).stdout.split("\n");
    const listed = (await ampost("media", "list", "--limit", "1")).stdout;
    assert.match(listed, new RegExp(`^${uploaded[0]}  photo-4x5\\.jpg  image/jpeg  .*ready\n$`));

    assert.match((await ampost("platforms")).stdout, /^twitter +X \(Twitter\)$/m);
    assert.match((await ampost("platforms", EXAMPLE_PLATFORM)).stdout, /^posts per account +\d+ in \d+ s$/m);

    const link = await ampost("connect-links", "create", "--platform", "threads", "--external-id", "c-1", "--json");
    const { connectLink } = lastOf(link.stdout);
    assert.deepEqual([connectLink.platform, connectLink.platformSetId], ["threads", platformSetId], link.stderr);
    const links = async () => (await ampost("connect-links", "list", "--external-id", "c-1")).stdout;
    assert.match(await links(), new RegExp(`^${connectLink.id}  pending  threads  until .*c-1\n$`));
    assert.equal((await ampost("connect-links", "revoke", connectLink.id)).code, 0);
    assert.match(await links(), /revoked/);
    assert.match((await ampost("connect-links", "create")).stdout, /^http\S+\/connect\/\S+\n/);

    const hook = await ampost("webhooks", "create", "https://app.example.com/x", "--events", "post.failed", "--json");
    const { webhook } = lastOf(hook.stdout);
    assert.match(webhook.secret, /^whsec_/, hook.stderr);
    assert.match((await ampost("webhooks", "list")).stdout, new RegExp(`${webhook.id}  active .*post.failed\n$`));
    assert.equal((await ampost("webhooks", "test", webhook.id)).code, 0);
    assert.match((await ampost("webhooks", "deliveries", webhook.id)).stdout, /webhook\.test/);
    assert.equal((await ampost("webhooks", "delete", webhook.id)).code, 0);
    assert.equal((await ampost("webhooks", "list")).stdout, "No webhooks found.\n");
  });

  await t.test("sets and accounts", async () => {
    const id = (await ampost("sets", "create", "Clients")).stdout.trim();
    assert.match((await ampost("sets", "rename", id, "Customers")).stdout, /Customers/);
    const environment = Object.entries({ ...settings, AMPOST_API_KEY: key })
      .map(([name, value]) => `export ${name}="${value}"`)
      .join("\n");
    const declined = await installation.shell(
      `${environment}\nset +e\n` +
        `for json in "" --json; do echo n | script -qec "node cli/ampost.js sets delete ${id} $json" /dev/null; ` +
        'echo "ended with $?"; done',
    );
    assert.match(declined.stdout, /Nothing was deleted\.\s+ended with 1\s[^]*\{"success":false\}\s+ended with 1\s/);
    assert.equal((await ampost("sets", "delete", id)).code, 0);
    const { accounts } = lastOf((await ampost("accounts", "list", "--json")).stdout);
    assert.match((await ampost("accounts", "get", accounts[0].id)).stdout, /tokenHealth +healthy/);
  });

  await t.test(
    "listen forwards signed events and leaves no webhook behind, even after a previous one was killed",
    async () => {
      const received: { body: string; headers: Record<string, string | string[] | undefined> }[] = [];
      const receiver = createServer((request, response) => {
        let body = "";
        request
          .setEncoding("utf8")
          .on("data", (text: string) => (body += text))
          .on("end", () => {
            received.push({ body, headers: request.headers });
            response.end();
          });
      });
      await once(receiver.listen(0, "127.0.0.1"), "listening");
      const address = receiver.address();
      const port = typeof address === "object" ? address?.port : 0;
      const { webhooks } = createClient({ apiKey: key, baseUrl: installation.url });
      const listen = async () => {
        const listening = spawn(
          process.execPath,
          ["cli/ampost.js", "listen", "--forward", `http://127.0.0.1:${port}/`, "--events", "post.published", "--json"],
          {
            env: { ...process.env, ...settings, AMPOST_API_KEY: key, AMPOST_DATA_DIR: installation.dataDir },
            stdio: ["ignore", "pipe", "inherit"],
          },
        );
        let output = "";
        listening.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
        await installation.until(async () => output.includes("\n"));
        return { listening, secret: JSON.parse(output.split("\n")[0] ?? "").secret };
      };
      const { listening: killed } = await listen();
      killed.kill("SIGKILL");
      await once(killed, "exit");
      assert.equal((await webhooks.list()).webhooks.length, 1);
      const { listening, secret } = await listen();
      await ampost("posts", "create", "Listened to", "--platforms", EXAMPLE_PLATFORM, "--publish", "--wait");
      await installation.until(async () => received.length > 0);
      const event = await verifyWebhook({ body: received[0]?.body ?? "", headers: received[0]?.headers ?? {}, secret });
      assert.deepEqual([event.type, event.data.post?.content.text], ["post.published", "Listened to"]);
      const [webhook, ...others] = (await webhooks.list()).webhooks;
      assert.deepEqual(others, []);
      const { deliveries } = await webhooks.deliveries(webhook?.id ?? "");
      assert.deepEqual(
        [webhook?.url, deliveries.map(({ type, status, attempts }) => [type, status, attempts])],
        [null, [["post.published", "delivered", []]]],
      );
      for (let times = 0; times < 11; times += 1) await webhooks.test(webhook?.id ?? "");
      await installation.until(async () => received.length === 12);
      await webhooks.redeliver(deliveries[0]?.id ?? "");
      await installation.until(async () => received.length > 12);
      assert.equal(received[12]?.body, received[0]?.body);
      listening.kill("SIGTERM");
      assert.deepEqual(await once(listening, "exit"), [0, null]);
      receiver.close();
      assert.deepEqual(await webhooks.list(), { webhooks: [] });
    },
  );

  assert.equal(await server.end("SIGTERM"), 0);
});

test("completions include every command and option", async (t) => {
  const installation = await openInstallation(t);
  const { stdout } = await installation.run(["completions", "bash"]);
  const complete = async (...words: string[]) =>
    (
      await installation.shell(
        `${stdout}\nCOMP_WORDS=(ampost ${words.join(" ")}) COMP_CWORD=${words.length}\n_ampost\n` +
          `echo "\${COMPREPLY[@]}"`,
      )
    ).stdout.trim();
  assert.equal(await complete("pos"), "posts");
  assert.equal(await complete("posts", "pub"), "publish");
  assert.equal(await complete("posts", "publish", "01980b7a-6c00-7000-8000-000000000001", "--wa"), "--wait");
  assert.equal(await complete("posts", "create", "Hello", "--platforms", "thr"), "threads");
  assert.equal(await complete("posts", "create", "--platforms", "threads,twi"), "threads,twitter");
  assert.equal(await complete("posts", "list", "--status", "dra"), "draft");
  assert.equal(await complete("keys", "create", "--mode", "t"), "test");
  assert.equal(await complete("completions", "z"), "zsh");
  assert.equal(await complete("media", "upload", "packa"), "", "files are the shell's to complete");
  for (const shell of ["zsh", "fish"])
    assert.match((await installation.run(["completions", shell])).stdout, /idempotency-key/);
  assert.equal((await installation.run(["completions", "tcsh"])).code, 2);
});
