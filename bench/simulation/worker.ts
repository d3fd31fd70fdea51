import { makeInstallation } from "./installation.ts";
import { runSeed } from "./run-seed.ts";

/** A process that runs the seeds it is sent. It exits with the process that started it. */
process.on("disconnect", () => process.exit(1));
const installation = await makeInstallation();
process.on("message", (message) => {
  if (message === "end") void installation.close().finally(() => process.exit());
  else void runSeed(installation, Number(message)).then((lived) => process.send?.(lived));
});
process.send?.("ready");
