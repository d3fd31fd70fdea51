import assert from "node:assert/strict";
import { test } from "node:test";

import { platforms } from "../index.ts";
import { isSecretParameter } from "../kit/redaction.ts";
import { plainExample, videoExample } from "./contents.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** No token or app secret appears in errors, logs, the journal or anything else stored unencrypted. */
export function testSecrets(subject: Subject, world: () => World): void {
  test(`${subject.name}: nothing stored or logged contains a token or a secret`, async () => {
    const account = await world().connect();
    const { content } = plainExample(subject, world().fixtures);
    await world().publish(account, content);
    // The texts differ so that reconciling can tell the posts apart.
    for (const kind of ["reject", "drop_after", "http_500"] as const) {
      await world().fault({ operation: "publish", kind });
      await world().publish(account, { ...content, text: `${content.text} ${kind}` });
    }
    await world().fault({ operation: "publish", kind: "revoke_token" });
    await world().publish(account, { ...content, text: `${content.text} in the end` });
    const kept = await world().everythingKept();
    const secrets = await world().secretsSeen();
    assert.ok(secrets.length > 0, "no secret was sent to the platform");
    for (const secret of secrets)
      assert.ok(!kept.includes(secret), `${secret.slice(0, 6)}… is stored unencrypted: ${around(kept, secret)}`);
  });

  test(`${subject.name}: during an upload, nothing stored or logged contains its key`, async () => {
    const { content } = videoExample(subject, world().fixtures);
    const account = await world().connect();
    await world().fault({ operation: "publish", kind: "drop_before", times: 100 });
    await world().publish(account, content, { until: (row) => row.error !== null });
    const keys = (await world().requests()).flatMap(({ url }) =>
      [...new URL(url, "https://platform.invalid").searchParams].flatMap(([name, value]) =>
        isSecretParameter(name) ? [`${name}=${value}`] : [],
      ),
    );
    assert.ok(
      keys.length > 0 || platforms[subject.name].broker?.secretCheckpoint === undefined,
      "the upload has no URL of its own",
    );
    const kept = await world().everythingKept();
    for (const key of keys)
      assert.ok(!kept.includes(key), `${key.slice(0, 16)}… is stored unencrypted: ${around(kept, key)}`);
  });
}

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 120), at);
}
