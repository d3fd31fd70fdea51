import type { Mode } from "../../model/platform-names.ts";
import { type Db, statement } from "./sql.ts";

/** What happened, as webhooks name it. Written in the transaction in which it happened. */
export type EventType =
  | "post.scheduled"
  | "post.publishing"
  | "post.published"
  | "post.partial"
  | "post.failed"
  | "post.discarded"
  | "platform_post.published"
  | "platform_post.failed"
  | "platform_post.retry_scheduled"
  | "platform_post.unknown"
  | AccountEventType;

export type AccountEventType = "account.connected" | "account.disconnected";

export interface PostEvent {
  type: EventType;
  /** Null for what concerns the post as a whole. */
  platform_post_id: string | null;
}

export interface PostOwner {
  userId: string;
  mode: Mode;
  postId: string;
}

/** Writes the events in their order and tells whoever listens that the post has changed. */
export async function tellPost(db: Db, { userId, mode, postId }: PostOwner, events: readonly PostEvent[]): Promise<void> {
  await insertEvents.run(db, [userId, mode, postId, JSON.stringify(events)]);
}

/** ($1 user, $2 mode, $3 post, $4 PostEvent[] as jsonb) */
const insertEvents = statement(
  "outbox.insert_post_events",
  `with told as (
     insert into outbox (user_id, mode, type, post_id, platform_post_id)
     select $1, $2, e.event ->> 'type', $3, (e.event ->> 'platform_post_id')::uuid
     from jsonb_array_elements($4::jsonb) with ordinality as e(event, place) order by e.place
   )
   select pg_notify('ampost_post', $3::text)`,
);

/** Writes what happened to an account. `data` never holds a secret. */
export async function tellAccount(db: Db, account: { userId: string; mode: Mode; accountId: string }, type: AccountEventType, data: Record<string, unknown>): Promise<void> {
  await insertAccountEvent.run(db, [account.userId, account.mode, type, account.accountId, data]);
}

/** ($1 user, $2 mode, $3 type, $4 account, $5 data) */
const insertAccountEvent = statement("outbox.insert_account_event", `insert into outbox (user_id, mode, type, account_id, data) values ($1, $2, $3, $4, $5)`);
