import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";
import { insertedEvents } from "./outbox.ts";

type Owned = [accountId: string, userId: string, mode: Mode];

/** Platform posts that wait to be published through the account; each lane has an index. */
const waitingIn = (lane: "prepare" | "commit") => `select pp.post_id from platform_posts pp
    where pp.account_id = $1 and pp.user_id = $2 and pp.mode = $3 and pp.status = 'pending'
      and lower(pp.lane) = '${lane}' and pp.next_action_at is not null`;

const waiting = `${waitingIn("prepare")} union all ${waitingIn("commit")}`;

/** How many scheduled posts go out through the account or, if it is no longer connected, wait for somebody's choice. */
export const countScheduledOf = statement<{ count: number }, Owned>(
  "posts.count_scheduled_of_account",
  `select count(*)::int as count from (${waiting}) w`,
);

/**
 * The account is no longer connected: its scheduled posts need somebody, and the event says so. Returns them, locked
 * before the account, as the engine does.
 */
export const reportScheduledOf = statement<{ id: string }, Owned>(
  "posts.report_scheduled_of_account",
  `with held as materialized (
     select p.id from posts p where p.id = any(array(${waiting})) and p.user_id = $2 and p.mode = $3
       and p.status = 'scheduled' order by p.id for update
   ), counted as (
     update posts p set event_count = p.event_count + 1 from held where p.id = held.id
     returning p.id, p.user_id, p.mode, p.event_count
   ), told as (
     ${insertedEvents("counted", `'[{"type": "post.missed", "platform_post_id": null}]'`)}
   )
   select id from counted`,
);
