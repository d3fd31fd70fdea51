import type { Broker, Checkpoint } from "../../platforms/platform.ts";
import { SEALED_MEMBER } from "../db/queries/sealed-values.ts";
import type { WorkRow } from "../db/queries/work-rows.ts";
import type { PublishingDeps } from "./deps.ts";

/**
 * A platform post's checkpoint as it is stored: the members that the broker declares secret, and all with a URL, are
 * sealed together, in one member that belongs to the engine. Copies in the journal stay sealed under the platform
 * post's key.
 */
interface Kept {
  deps: Pick<PublishingDeps, "vault">;
  broker: Pick<Broker, "secretCheckpoint">;
  row: Pick<WorkRow, "id">;
}

/** Merges what a step has left into the stored checkpoint. */
export function addToCheckpoint({ deps, broker, row }: Kept, stored: Checkpoint, done: Checkpoint): Checkpoint {
  const [open, secret] = [{ ...stored, ...done }, { ...openSecrets({ deps, row }, stored) }];
  for (const [name, value] of Object.entries(open)) {
    if (name === SEALED_MEMBER) continue;
    if (!(name in secret) && broker.secretCheckpoint?.includes(name) !== true && !hasUrl(value)) continue;
    secret[name] = value;
    delete open[name];
  }
  return Object.keys(secret).length === 0
    ? open
    : { ...open, [SEALED_MEMBER]: deps.vault.seal(JSON.stringify(secret), sealContext(row)) };
}

/** The checkpoint as a step sees it. What is not sealed was written later, by a process of an earlier version. */
export function openCheckpoint({ deps, row }: Omit<Kept, "broker">, stored: Checkpoint): Checkpoint {
  const { [SEALED_MEMBER]: _, ...open } = stored;
  return { ...openSecrets({ deps, row }, stored), ...open };
}

/** Whoever has a URL may need nothing else. */
function hasUrl(value: Checkpoint[string]): boolean {
  return /https?:\/\//i.test(Array.isArray(value) ? value.join("\n") : String(value));
}

function openSecrets({ deps, row }: Omit<Kept, "broker">, stored: Checkpoint): Checkpoint {
  const sealed = stored[SEALED_MEMBER];
  const opened: Checkpoint = typeof sealed === "string" ? JSON.parse(deps.vault.open(sealed, sealContext(row))) : {};
  return opened;
}

function sealContext({ id }: Pick<WorkRow, "id">) {
  return { table: "platform_posts", row: id, column: "checkpoint" };
}
