import assert from "node:assert/strict";
import { test } from "node:test";

import { isSecretParameter } from "../kit/redaction.ts";
import { oneOfEachKind, plainExample } from "./contents.ts";
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

  test(`${subject.name}: of no kind of post, anything stored or logged contains an upload's URL, key or token`, async () => {
    for (const { content } of oneOfEachKind(subject, world().fixtures)) {
      const account = await world().connect();
      await world().fault({ operation: "publish", kind: "drop_before", times: 100 });
      await world().publish(account, content, { until: (row) => row.error !== null });
      const sent = (await world().requests()).flatMap(({ url, body }) => [...parametersOf(url), ...textsIn(body)]);
      const kept = await world().everythingKept();
      for (const [name, value] of sent) {
        if (!isSecretParameter(name.replace(/(?<=[a-z])(?=[A-Z])/g, "_")) || value.length < 6) continue;
        // TikTok's public IDs contain it.
        const secret = name === "upload_id" ? `${name}=${value}` : value;
        assert.ok(!kept.includes(secret), `${name} is stored unencrypted: ${around(kept, secret)}`);
      }
    }
    const open = (await world().openCheckpoints()).flatMap((checkpoint) => Object.entries(checkpoint));
    const grants = open.filter(([name, value]) => GRANTS.test(name) || URL_IN_IT.test(JSON.stringify(value)));
    assert.deepEqual(grants, [], "a checkpoint grants access");
  });
}

/** Names of what grants access by itself. */
const GRANTS = /token|secret|signature|password/i;
const URL_IN_IT = /\w:\/\//;

type Named = [name: string, value: string];

function parametersOf(url: string): Named[] {
  return [...new URL(url, "https://platform.invalid").searchParams];
}

/** All texts in a body, and the parameters of those that are URLs. */
function textsIn(value: unknown, name = ""): Named[] {
  if (typeof value === "string") return [[name, value], ...(URL.canParse(value) ? parametersOf(value) : [])];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => textsIn(member, Array.isArray(value) ? name : key));
}

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 120), at);
}
