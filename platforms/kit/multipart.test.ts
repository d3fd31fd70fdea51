import assert from "node:assert/strict";
import { test } from "node:test";

import { multipartBytes } from "./multipart.ts";

test("a form with a file reads back as it was, and is as long as it says", async () => {
  const bytes = new Uint8Array(200_000).map((_, index) => index % 251);
  const body = multipartBytes(
    { published: "false", 'alt "text"': "Grüße\r\n#1" },
    {
      name: "source",
      filename: 'a "b"\n.jpg',
      contentType: "image/jpeg",
      sizeBytes: bytes.length,
      open: async () => new Blob([bytes]).stream(),
    },
  );
  const sent = new Uint8Array(await new Response(await body.open()).arrayBuffer());
  assert.equal(sent.length, body.sizeBytes);
  const form = await new Response(sent, { headers: { "content-type": body.contentType } }).formData();
  assert.deepEqual([form.get("published"), form.get('alt "text"')], ["false", "Grüße\r\n#1"]);
  const file = form.get("source");
  assert.ok(file instanceof File);
  assert.deepEqual([file.type, new Uint8Array(await file.arrayBuffer())], ["image/jpeg", bytes]);
});
