import { type Db, statement } from "../sql.ts";

/** Where a tenant is that moves or moved; see the migration. */
export interface MoveRow {
  user_id: string;
  move_id: string;
  cell: string;
  state: "leaving" | "packed" | "left" | "arrived";
}

const columns = "user_id, move_id, cell, state";

/** In a statement: whether the user is being moved to another cell. Nothing is published or answered for them. */
export function isLeaving(userId: string): string {
  return `exists (select from moves where moves.user_id = ${userId} and moves.state = 'leaving')`;
}

/** In a statement: whether the intent may belong to a tenant who has left with a commit that is not older. */
export function hasLeft(intentId: string): string {
  return `exists (select from moves where last_intent >= ${intentId})`;
}

/** Until the transaction ends, no other move changes anything of it here, not even one whose program was killed. */
export const lockMoves = statement<never, []>(
  "moves.lock",
  `select pg_advisory_xact_lock(hashtextextended('ampost moves', 0))`,
);

/** Everyone who works with the user, in anyone's workspace: they can only move together. */
export const findTogether = statement<{ id: string; email: string | null; is_owner: boolean }, [userId: string]>(
  "members.find_together",
  `with recursive together as (
     select $1::text as id
     union
     select case when m.user_id = t.id then m.member_id else m.user_id end
     from together t join members m on t.id in (m.user_id, m.member_id)
   )
   select u.id, u.email, u.is_owner from together join users u using (id) order by u.id`,
);

export const findMoveOfUser = statement<MoveRow, [userId: string]>(
  "moves.find_of_user",
  `select ${columns} from moves where user_id = $1`,
);

/** Everyone who moves together. */
export const findMove = statement<MoveRow, [moveId: string]>(
  "moves.find",
  `select ${columns} from moves where move_id = $1 order by user_id`,
);

/** Moves that have begun and not ended, the oldest first. */
export const listUnfinishedMoves = statement<MoveRow & { since: Date }, []>(
  "moves.list_unfinished",
  `select ${columns}, since from moves where state in ('leaving', 'packed') order by since`,
);

/** Takes the place of an earlier move of the user. One that has begun goes on. */
export const beginMove = statement<never, [userIds: readonly string[], moveId: string, cell: string]>(
  "moves.begin",
  `insert into moves (user_id, move_id, cell, state) select u, $2, $3, 'leaving' from unnest($1::text[]) as u
   on conflict (user_id) do update set move_id = excluded.move_id, cell = excluded.cell, state = 'leaving',
     last_intent = null, since = now()
   where moves.state not in ('leaving', 'packed')`,
);

export const setMoveState = statement<never, [moveId: string, state: MoveRow["state"]]>(
  "moves.set_state",
  `update moves set state = $2, since = now() where move_id = $1`,
);

/** Everything of them is packed; with their newest commit, which this cell's marks may name. */
export const setPacked = statement<never, [moveId: string, userIds: readonly string[]]>(
  "moves.set_packed",
  `update moves set state = 'packed', since = now(), last_intent = (
     select id from publish_steps where user_id = any ($2::text[]) and effect = 'visible' order by id desc limit 1)
   where move_id = $1`,
);

export const insertArrival = statement<never, [userIds: readonly string[], moveId: string, cell: string]>(
  "moves.insert_arrival",
  `insert into moves (user_id, move_id, cell, state) select u, $2, $3, 'arrived' from unnest($1::text[]) as u
   on conflict (user_id) do update set move_id = excluded.move_id, cell = excluded.cell, state = 'arrived',
     last_intent = null, since = now()`,
);

/** What was packed is in the other cell, or back in its tables. */
export const deleteDepartures = statement<never, [moveId: string]>(
  "departures.delete",
  `delete from departures where move_id = $1`,
);

/** The user with this email address or ID, who is packed. */
export const findPackedUser = statement<{ id: string }, [emailOrId: string]>(
  "departures.find_user",
  `select (content::users).id from departures where table_name = 'users'
     and ((content::users).id = $1 or lower((content::users).email) = lower($1))`,
);

/** Nobody else changes them, and nobody adds anything that refers to them, until the transaction ends. */
export const lockUsers = statement<{ id: string }, [userIds: readonly string[]]>(
  "users.lock_all",
  `select id from users where id = any ($1::text[]) order by id for update`,
);

/** They stay, as if they had not begun to move. */
export const forgetMove = statement<never, [moveId: string]>("moves.forget", `delete from moves where move_id = $1`);

/** How long ago the last of them was marked. */
export const findSecondsSince = statement<{ seconds: number }, [moveId: string]>(
  "moves.find_seconds_since",
  `select extract(epoch from clock_timestamp() - max(since))::float8 as seconds from moves where move_id = $1`,
);

/**
 * What a process of this cell is doing for them at the moment, which is waited for. Whatever begins later fails the
 * transaction that packs.
 */
export async function findInHand(db: Db, userIds: readonly string[]): Promise<string | null> {
  return (await inHand.one(db, [userIds]))?.what ?? null;
}

const inHand = statement<{ what: string }, [userIds: readonly string[]]>(
  "moves.find_in_hand",
  `select what from (values
     ('a post is being published', exists (
        select from platform_posts where user_id = any ($1::text[]) and lease_until > clock_timestamp())),
     ('access to an account is being renewed', exists (
        select from connections where user_id = any ($1::text[]) and renewing_until > clock_timestamp())),
     ('a request is being answered', exists (
        select from idempotency_keys
        where user_id = any ($1::text[]) and status is null and claimed_until > clock_timestamp())),
     ('a file is being uploaded', exists (
        select from resumable_uploads where user_id = any ($1::text[]) and writer_until > clock_timestamp()))
   ) as things (what, is_there) where is_there limit 1`,
);
