import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { platforms } from "../platforms/index.ts";
import type { Broker } from "../platforms/platform.ts";

/**
 * Loaded into the processes of an installation: publishing a post that contains "[[endless]]" blocks its process as an
 * endless loop does, but without using a processor.
 */
const broker: Broker | undefined = platforms[EXAMPLE_PLATFORM].broker;
if (broker === undefined) throw new Error("There is no broker to spoil");
const { steps } = broker;

Object.defineProperty(broker, "steps", {
  value: (content: Parameters<Broker["steps"]>[0]) => {
    if (content.text.includes("[[endless]]")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return steps(content);
  },
});
