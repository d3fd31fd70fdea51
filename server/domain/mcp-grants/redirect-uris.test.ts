import assert from "node:assert/strict";
import { test } from "node:test";

import { matchesAny, isRedirectUri } from "./redirect-uris.ts";

test("redirect URIs are web pages over TLS, programs on the user's machine and apps, and nothing else", () => {
  for (const uri of [
    "https://app.example/callback",
    "https://app.example:8443/callback?tenant=7",
    "http://127.0.0.1:33418/",
    "http://localhost/callback",
    "http://[::1]:9/cb",
    "https://[2001:db8::1]/cb",
    "https://b%C3%BCcher.example/cb",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "com.example.app:/oauth",
  ]) {
    assert.ok(isRedirectUri(uri), uri);
  }
  const refused = [
    "https://*.example/",
    "https://app.example;sandbox/",
    "https://app.example,default-src/",
    "https://'none'/",
    "http://app.example/callback",
    "http://localhost.evil.example/",
    "http://127.0.0.1@evil.example/",
    "https://user:password@app.example/",
    "https://app.example/#fragment",
    "javascript:alert(1)",
    "javascript://app.example/%0aalert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "about:blank",
    "vbscript:x",
    "blob:https://app.example/x",
    "//app.example",
    "/callback",
    "",
    "https://",
    "https://app.example/a b",
    "https://app.example/\r\nset-cookie:x",
    "https://app.example\\@evil.example/",
    `https://app.example/${"x".repeat(1000)}`,
  ];
  for (const uri of refused) assert.ok(!isRedirectUri(uri), uri);
});

test("a redirect URI must match exactly, except for the port of a program on the machine", () => {
  const own = [
    "https://app.example/callback",
    "http://127.0.0.1/callback",
    "http://localhost:1234/callback",
    "http://[::1]/callback",
    "com.example.app:/oauth",
  ];
  for (const asked of [
    ...own,
    "http://127.0.0.1:50000/callback",
    "http://localhost:50000/callback",
    "http://localhost/callback",
    "http://[::1]:50000/callback",
  ])
    assert.ok(matchesAny(own, asked), asked);
  const others = [
    "https://app.example/callback/",
    "https://app.example/Callback",
    "https://app.example:8443/callback",
    "https://APP.example/callback",
    "https://app.example/callback?x=1",
    "https://evil.example/callback",
    "http://127.0.0.1:50000/other",
    "http://127.0.0.2:50000/callback",
    "http://127.0.0.1:50000@evil.example/callback",
    "http://127.0.0.1:50000/callback#x",
    "https://127.0.0.1/callback",
    "com.example.app:/other",
  ];
  for (const asked of others) assert.ok(!matchesAny(own, asked), asked);
});
