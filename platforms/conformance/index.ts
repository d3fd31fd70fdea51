import { after, before } from "node:test";

import { isPlatformName } from "../../model/platform-names.ts";
import { testCrashes } from "./crashes.ts";
import { testErrors } from "./errors.ts";
import { testLimits } from "./limits.ts";
import { testRateLimit } from "./rate-limit.ts";
import { testReconcile } from "./reconcile.ts";
import { testSecrets } from "./secrets.ts";
import { testShapes } from "./shapes.ts";
import type { Subject } from "./subject.ts";
import { testTokens } from "./tokens.ts";
import { testWaiting } from "./waiting.ts";
import { startWorld, type World } from "./world.ts";

/**
 * What every platform has to pass: its broker, run by the real engine on a real database, against its sandbox. The
 * oracle is what the sandbox's audience sees, never the database. What is skipped follows from what the platform
 * declares.
 */
export function testPlatform(subject: Subject): void {
  if (!isPlatformName(subject.name))
    throw new Error(
      `"${String(subject.name)}" is not among the platforms: name it in model/platform-names.ts, ` +
        "catalog.ts and index.ts",
    );
  let world: World | undefined;
  before(async () => {
    world = await startWorld(subject);
  });
  after(() => world?.close());
  const current = (): World => {
    if (world === undefined) throw new Error("the world has not been started");
    return world;
  };
  for (const testTopic of TOPICS) testTopic(subject, current);
}

const TOPICS = [
  testShapes,
  testLimits,
  testErrors,
  testRateLimit,
  testTokens,
  testWaiting,
  testReconcile,
  testCrashes,
  testSecrets,
];
