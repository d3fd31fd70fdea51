import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { platforms } from "../platforms/index.ts";
import type { Broker } from "../platforms/platform.ts";

/**
 * Loaded into the processes of an installation: publishing a post that contains "[[endless]]" never ends, as if a
 * broker had a bug.
 */
const broker: Broker | undefined = platforms[EXAMPLE_PLATFORM].broker;
if (broker === undefined) throw new Error("There is no broker to spoil");
const { steps } = broker;

Object.defineProperty(broker, "steps", {
  value: (content: Parameters<Broker["steps"]>[0]) => {
    while (content.text.includes("[[endless]]"));
    return steps(content);
  },
});
