import assert from "node:assert/strict";
import { test } from "node:test";

import { platforms } from "./index.ts";
import { CONTENT, contextFor, film, lostCommit, picture, startHost } from "./kit/broker.fixture.ts";

const VERDICTS: readonly string[] = ["published", "not_listed", "cannot_tell", "pending"];

test("reading back a post whose preparation is not known, as after a restore, never throws and proves nothing", async (t) => {
  const host = await startHost(t, () => [200, { data: [], items: [], meta: {} }]);
  for (const [name, { broker }] of Object.entries(platforms))
    for (const media of [[], [picture()], [film()]]) {
      const content = { ...CONTENT, media };
      const step = broker?.steps(content).find(({ effect }) => effect === "visible");
      if (broker === undefined || step === undefined) continue;
      await t.test(`${name}: ${media[0]?.type ?? "text"}`, async () => {
        const context = contextFor(host.url, content, { metadata: { uploadsPlaylistId: "UU" } });
        const { verdict } = await broker.reconcile(context, lostCommit(step.name));
        assert.ok(VERDICTS.includes(verdict), verdict);
      });
    }
});
