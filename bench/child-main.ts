import { serveBare } from "./bare-server.ts";
import { load } from "./http-load.ts";
import { insertAndNotify } from "./notifying-inserts.ts";
import { insertRaw } from "./raw-inserts.ts";
import { callSandbox } from "./raw-sandbox.ts";

/** Each receives its plan over the channel, and parses it. */
const works = { load, insertRaw, insertAndNotify, callSandbox, serveBare } satisfies Record<
  string,
  (plan: unknown) => Promise<unknown>
>;

export type WorkName = keyof typeof works;

// The parent process may be killed: this process ends with it.
process.once("disconnect", () => process.exit());
process.once("message", (plan) => {
  const work = Object.entries(works).find(([name]) => name === process.argv[2])?.[1];
  const answer = work === undefined ? Promise.reject(new Error("there is no such work")) : work(plan);
  answer.then(
    (result) => process.send?.({ result }),
    (error: unknown) =>
      process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
