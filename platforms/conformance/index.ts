import { after, before } from "node:test";

import { isPlatformName } from "../../model/platform-names.ts";
import { testCrashes } from "./crashes.ts";
import { TOP_SPEED } from "./engine.ts";
import { testErrors } from "./errors.ts";
import { testLimits } from "./limits.ts";
import { testRateLimit } from "./rate-limit.ts";
import { testReconcile } from "./reconcile.ts";
import { testScopes } from "./scopes.ts";
import { testSecrets } from "./secrets.ts";
import { testShapes } from "./shapes.ts";
import type { Subject } from "./subject.ts";
import { testTokens } from "./tokens.ts";
import { testWaiting } from "./waiting.ts";
import { startWorld, type World } from "./world.ts";

/**
 * The tests every platform must pass: its broker, run by the real engine on a real database, against its sandbox. They
 * check what the sandbox's audience sees, never the database. Only what a platform does not declare is skipped.
 */
export function testPlatform(subject: Subject): void {
  if (!isPlatformName(subject.name))
    throw new Error(
      `"${String(subject.name)}" is not a platform: add it to model/platform-names.ts, ` + "catalog.ts and index.ts",
    );
  let world: World | undefined;
  before(async () => {
    world = await startWorld(subject, { speed: TOP_SPEED });
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
  testScopes,
  testWaiting,
  testReconcile,
  testCrashes,
  testSecrets,
];
