import type pg from "pg";
import { listSetAside } from "../server/db/set-aside.ts";
import { type Finding, ok, warning } from "./finding.ts";

const NAMED = 5;

/** What the engine has given up because processes ended with it in hand. */
export async function checkPublishing(pool: pg.Pool): Promise<Finding> {
  const found = await listSetAside.all(pool);
  if (found.length === 0) return ok("publishing", "nothing was set aside");
  const named = found.slice(0, NAMED).map(({ id, platform, status }) => `${id} (${platform}, ${status})`);
  const more = found.length > NAMED ? `, and ${found.length - NAMED} more` : "";
  const count = found.length === 1 ? "1 platform post was" : `${found.length} platform posts were`;
  return warning("publishing", `${count} set aside because workers ended again and again over it: ${named.join(", ")}${more}`, "Report what the log says of it before each end. The posts can be retried.");
}
