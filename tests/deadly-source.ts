import { subscribe } from "node:diagnostics_channel";

import { z } from "zod";

/** Loaded into the processes of an installation: whichever fetches a URL with "deadly" in it is killed. */
const asked = z.object({ request: z.object({ path: z.string() }) });

subscribe("undici:request:create", (message) => {
  const { data } = asked.safeParse(message);
  if (data?.request.path.includes("deadly")) process.kill(process.pid, "SIGKILL");
});
