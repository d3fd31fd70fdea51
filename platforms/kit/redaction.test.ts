import assert from "node:assert/strict";
import { test } from "node:test";

import { redact, redactUrl } from "./redaction.ts";

test("an upload URL loses what it grants access by, also inside a response, however that writes an ampersand", () => {
  const urls = [
    "https://www.linkedin.com/dms-uploads/D4E/uploadedVideo/0?sau=vid&m=secret-m&app=1&v=beta&ut=secret-ut",
    "https://open-upload.tiktokapis.com/video/?upload_id=secret-id&upload_token=secret-token",
    "https://media.example.com/a.jpg?expires=1&signature=secret-signature",
  ];
  for (const url of urls) {
    const inJson = JSON.stringify({ upload_url: url, uploadToken: "secret-token" });
    for (const text of [
      redactUrl(new URL(url)),
      redact(url),
      redact(inJson),
      redact(inJson.replaceAll("&", "\\u0026")),
    ])
      assert.doesNotMatch(text, /secret/);
  }
  assert.match(redact(urls[0] ?? ""), /uploadedVideo\/0\?sau=vid&m=\[redacted\]&app=1&v=beta&ut=\[redacted\]$/);
});

test("error numbers and words that only look like secrets stay", () => {
  for (const text of [
    '{"code":190,"m":"minutes","ut":1}',
    "a token of thanks & much more",
    "https://x.example/?utm=1&form=2",
  ])
    assert.equal(redact(text), text);
});
