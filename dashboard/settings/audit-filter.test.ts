import assert from "node:assert/strict";
import { test } from "node:test";

import { readAuditFilter, toAuditQuery } from "./audit-filter.ts";
import { nameOfBrowser } from "./browser-name.ts";

test("the address of the audit log keeps what the API knows, and its days are those of the time zone", () => {
  const filter = readAuditFilter(
    JSON.parse('{"action":"api_key","actor":"key","eventMode":"test","from":"2026-12-01","to":"2026-12-01"}'),
  );
  assert.deepEqual(toAuditQuery(filter, "Europe/Berlin"), {
    action: "api_key",
    actor: "key",
    eventMode: "test",
    from: "2026-11-30T23:00:00.000Z",
    to: "2026-12-01T23:00:00.000Z",
    cursor: undefined,
  });
  assert.deepEqual(
    readAuditFilter(JSON.parse(`{"action":"api_key' or 1=1","eventMode":"both","from":"yesterday","to":""}`)),
    {
      action: undefined,
      actor: undefined,
      eventMode: undefined,
      from: undefined,
      to: undefined,
      cursor: undefined,
    },
  );
});

test("the name of a browser is short, whatever else it claims to be", () => {
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
  assert.equal(nameOfBrowser(chrome), "Chrome · Linux");
  assert.equal(nameOfBrowser(`${chrome} Edg/142.0`), "Edge · Linux");
  assert.equal(nameOfBrowser("curl/8.5"), "curl/8.5");
  assert.equal(nameOfBrowser(null), null);
});
