import type { PlatformName } from "../../model/platform-names.ts";
import { statement } from "./sql.ts";

/** One step of the journal, as the engine wrote it. */
export interface PublishStepRow {
  id: string;
  platform_post_id: string;
  platform: PlatformName;
  attempt: number;
  step: string;
  effect: "read" | "hidden" | "visible";
  result: "ok" | "definite_failure" | "unknown" | null;
  remote_id: string | null;
  evidence: Record<string, unknown>;
  intent_at: Date;
  result_at: Date | null;
}

/** ($1 post, $2 user, $3 mode): oldest first. At most 1 000, which no post comes near. */
export const listPublishSteps = statement<PublishStepRow>(
  "publish_steps.list",
  `select s.id, s.platform_post_id, pp.platform, s.attempt, s.step, s.effect, s.result, s.remote_id, s.evidence, s.intent_at, s.result_at
   from platform_posts pp join publish_steps s on s.platform_post_id = pp.id and s.user_id = pp.user_id and s.mode = pp.mode
   where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3 order by s.intent_at, s.id limit 1000`,
);
