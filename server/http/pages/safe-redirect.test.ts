import assert from "node:assert/strict";
import { test } from "node:test";

import { safeRedirect } from "./safe-redirect.ts";

test("a return path leads only to our own pages", () => {
  for (const good of ["/", "/keys", "/platforms?mode=test", "/connect/abc?status=refused&reason=%2F%2Fevil.example"])
    assert.equal(safeRedirect(good, "/fallback"), good);
  for (const bad of [
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https://evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "evil",
    "",
    " /keys",
    null,
    undefined,
    ["/keys"],
    "/..//evil.example",
  ]) {
    assert.equal(safeRedirect(bad, "/fallback"), "/fallback", String(bad));
  }
  assert.equal(safeRedirect("/日本?ä=ö#ü", "/"), "/%E6%97%A5%E6%9C%AC?%C3%A4=%C3%B6#%C3%BC");
});
