import { pino } from "pino";

import { createListener } from "../server/db/listen.ts";
import { createPool } from "../server/db/pool.ts";
import { createEngine } from "../server/publishing/engine.ts";
import { engineParts } from "./publishing-world.ts";

/**
 * A process that publishes to a ledger, for tests that kill it. `FAULT` is "point" or "point step": there the process
 * sends itself `FAULT_SIGNAL`, once, or with `FAULT_POST` only for that platform post. `SPEED` divides the engine's
 * pauses. With `FAULT_BLOCKS_SECONDS`, it blocks its thread there instead, each time.
 */
const {
  DATABASE_URL = "",
  LEDGER_URL = "",
  FAULT = "",
  FAULT_SIGNAL = "SIGKILL",
  FAULT_POST,
  FAULT_BLOCKS_SECONDS,
  SPEED,
} = process.env;
const [faultPoint, faultStep] = FAULT.split(" ");
let struck = false;

const log = pino({ level: process.env.ENGINE_LOG ?? "silent" });
const listener = await createListener(DATABASE_URL, log);
const engine = createEngine({
  ...engineParts({ url: LEDGER_URL, readBack: "truth" }),
  pool: createPool(DATABASE_URL, { name: "test worker", onError: () => undefined }),
  listener,
  ...(SPEED === undefined ? {} : { speed: Number(SPEED) }),
  faultPoint: ({ point, platformPostId, step }) => {
    if (FAULT_POST !== undefined && platformPostId !== FAULT_POST) return;
    if (struck || point !== faultPoint || (faultStep !== undefined && step !== faultStep)) return;
    if (FAULT_BLOCKS_SECONDS !== undefined) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(FAULT_BLOCKS_SECONDS) * 1000);
      return;
    }
    struck = true;
    process.kill(process.pid, FAULT_SIGNAL);
  },
});
process.once("SIGTERM", () => {
  void engine.stop().then(() => process.exit(0));
});
engine.start();
process.stdout.write("started\n");
