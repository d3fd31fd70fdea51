import assert from "node:assert/strict";
import { test } from "node:test";

import { checkOpenings, checkProxy } from "./doctor-network.ts";

test("an untrusted proxy is reported, and nothing is if there is none", () => {
  const levelOf = (appUrl: string, host: string, trustProxy: boolean | number = false) =>
    checkProxy({ appUrl, host, trustProxy }).status;
  assert.equal(levelOf("https://app.example", "0.0.0.0"), "warning");
  assert.equal(levelOf("http://app.example", "127.0.0.1"), "warning");
  assert.equal(levelOf("https://app.example", "127.0.0.1", 1), "ok");
  assert.equal(levelOf("http://app.example:3000", "0.0.0.0"), "ok");
  assert.equal(levelOf("http://localhost:3000", "127.0.0.1"), "ok");
});

test("what is meant for a laptop is reported once others can reach the instance", () => {
  const open = { allowPrivateUrls: true, sandbox: { page: "open" } } as const;
  const shut = { allowPrivateUrls: false, sandbox: { page: "own" } } as const;
  const curesOf = (appUrl: string, settings: typeof open | typeof shut) =>
    checkOpenings({ appUrl, ...settings }).map(
      ({ status, cure }) => `${status}: ${cure?.match(/AMPOST_[A-Z_]+/)?.[0]}`,
    );
  assert.deepEqual(curesOf("https://app.example", open), [
    "warning: AMPOST_ALLOW_PRIVATE_URLS",
    "warning: AMPOST_SANDBOX_PAGE",
  ]);
  assert.deepEqual(curesOf("https://app.example", shut), []);
  assert.deepEqual(curesOf("http://localhost:3000", open), []);
});
