import { createPool } from "../server/db/pool.ts";
import { moveTenant } from "../server/domain/tenants/move-tenant.ts";
import { createDiskStorage } from "../server/storage/disk.ts";

/** A process that moves a user, for tests that kill it: it kills itself when it has reached a step. */
const { FROM = "", FROM_FOLDER = "", TO = "", TO_FOLDER = "", MOVED = "", DIES_AT } = process.env;
const [from, to] = await Promise.all(
  [
    { name: "a", url: FROM, folder: FROM_FOLDER },
    { name: "b", url: TO, folder: TO_FOLDER },
  ].map(async ({ name, url, folder }) => ({
    name,
    pool: createPool(url),
    storage: await createDiskStorage(folder),
    jobs: { send: async () => undefined },
  })),
);
if (from === undefined || to === undefined) throw new Error("There are two cells");
await moveTenant({ from, to }, MOVED, {
  settleSeconds: 0,
  reached: (step) => void (step === DIES_AT && process.kill(process.pid, "SIGKILL")),
});
