import { jsonb } from "../db/jsonb.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { takeRemoteId } from "../db/queries/evidence.ts";
import { type IntentEvidence, SOURCES } from "../db/queries/work-rows.ts";
import { unknownOutcome } from "./failure.ts";
import type { Work } from "./work.ts";

/** An ID that was read from a list, or by a person, may be that of another post that looks the same. */
export function isFound({ by }: Pick<IntentEvidence, "by">): boolean {
  return by === "list" || by === "person";
}

/**
 * A remote ID belongs to one commit of a platform account. If another one has it by weaker evidence, that one gives it
 * up, and its platform post becomes unknown. False if it keeps it.
 */
export async function takeFromWeaker(
  { deps, row }: Work,
  intent: { id: string; evidence: IntentEvidence },
  remoteId: string,
): Promise<boolean> {
  const weaker = SOURCES.slice(intent.evidence.by === undefined ? 0 : SOURCES.indexOf(intent.evidence.by) + 1);
  const [taken] = await takeRemoteId.all(deps.resultPool ?? deps.pool, [intent.id, remoteId, [...weaker], TAKEN]);
  if (taken === undefined) return false;
  deps.log.warn({ platformPostId: row.id, remoteId, from: taken.post_id }, "a post had been taken for another one");
  notify(deps.pool, CHANNELS.post, taken.post_id);
  notify(deps.pool, CHANNELS.due);
  return true;
}

const TAKEN = jsonb(
  unknownOutcome(
    "The post that was found for this one is another one. It is not known whether this one is live.",
    null,
    null,
  ),
);
