import assert from "node:assert/strict";
import { test } from "node:test";

import { checkProxy } from "./doctor-network.ts";

test("an untrusted proxy is reported, and nothing is if there is none", () => {
  const levelOf = (appUrl: string, host: string, trustProxy: boolean | number = false) =>
    checkProxy({ appUrl, host, trustProxy }).status;
  assert.equal(levelOf("https://app.example", "0.0.0.0"), "warning");
  assert.equal(levelOf("http://app.example", "127.0.0.1"), "warning");
  assert.equal(levelOf("https://app.example", "127.0.0.1", 1), "ok");
  assert.equal(levelOf("http://app.example:3000", "0.0.0.0"), "ok");
  assert.equal(levelOf("http://localhost:3000", "127.0.0.1"), "ok");
});
