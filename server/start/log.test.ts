import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

test("secrets leave no trace in the log, at any depth and in any form", () => {
  const lines = logged(`
    const secret = "hunter2hunter2";
    log.info({ headers: { authorization: "Bearer " + secret }, deep: { list: [{ access_token: secret, apiKey: secret }] } }, "a key amp_test_" + secret + " and amp_op_" + secret);
    log.error({ err: Object.assign(new Error("GET https://x.example/me?access_token=" + secret, { cause: new Error("Bearer " + secret) }), { config: { secret } }) }, "failed");
    log.error(new Error("postgresql://ampost:" + secret + "@db.example/ampost refused"));
    log.info({ databaseUrl: "postgresql://a:" + secret + "@b", clientSecret: secret, bytes: Buffer.from(secret), url: new URL("https://a:" + secret + "@b.example") }, "config");
    log.info("postgresql://ampost:%s@x", "x");`);
  assert.equal(lines.length, 5);
  assert.ok(!JSON.stringify(lines).includes("hunter2"), JSON.stringify(lines));
});

test("anything that is not secret stays unchanged", () => {
  const [line] = logged(
    'log.info({ requestId: "r1", tokenHealth: "healthy", token: null, at: new Date(0), attempt: 2, error: { code: ' +
      '"RATE_LIMITED" } }, "said");',
  );
  const { time, ...rest } = line ?? {};
  assert.equal(typeof time, "string");
  assert.deepEqual(rest, {
    level: "info",
    part: "test",
    requestId: "r1",
    tokenHealth: "healthy",
    token: null,
    at: "1970-01-01T00:00:00.000Z",
    attempt: 2,
    error: { code: "RATE_LIMITED" },
    msg: "said",
  });
});

test("an error has its name, message, code and cause", () => {
  const [line] = logged(
    'log.warn({ err: Object.assign(new TypeError("lost", { cause: new Error("cut") }), { code: ' +
      '"ECONNRESET" }) }, "gone");',
  );
  const { stack, cause, ...rest } = Object(line?.err);
  assert.match(String(stack), /TypeError: lost/);
  assert.equal(cause.message, "cut");
  assert.deepEqual(rest, { type: "TypeError", message: "lost", code: "ECONNRESET" });
});

test("a cycle or a deep structure does not break the log", () => {
  const lines = logged(`const circle = { a: {} }; circle.a.circle = circle; log.info({ circle }, "round");`);
  assert.equal(lines[0]?.msg, "round");
});

/** The lines that a program writes to its log. */
function logged(program: string): Record<string, unknown>[] {
  const source =
    `import { createLog } from ${JSON.stringify(join(import.meta.dirname, "log.ts"))}; ` +
    `const log = createLog({ level: "info", part: "test" });${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
  assert.equal(stdout, "");
  return stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
