import { statement } from "../sql.ts";
import { HELD_FACT, SERVER_FACT, server } from "./hold.ts";

/** A process that publishes, as the database knows it. */
export interface PublisherRow {
  id: string;
  /** How many times it has written intents. */
  seq: number;
  seen_at: Date | null;
  /** The server on which all that it has noted was last compared. */
  server: string | null;
  /** Whether that server confirms a write only when a standby has it. */
  synchronous: boolean;
  /** Whether it may still have been at work when the database was last written to on the server before this one. */
  was_at_work: boolean;
}

/** An existing one stays as it is. */
export const addPublisher = statement<never, [id: string]>(
  "publishers.add",
  `insert into publishers (id) values ($1) on conflict (id) do nothing`,
);

/** What a process looks at every second: whether the past has to be compared before it may publish. */
export const findState = statement<
  { server: string; compared: string | null; held: boolean; seq: number | null },
  [publisher: string]
>(
  "publishers.find_state",
  `select ${server} as server, (select value from instance where name = '${SERVER_FACT}') as compared,
     exists (select from instance where name = '${HELD_FACT}') as held,
     (select seq from publishers where id = $1) as seq`,
);

/**
 * Those that are named, and those that may have been at work last. A publisher says that it is at work every few
 * seconds, but not while the past is being compared, so the latest such time is that of the server before.
 */
export const listPublishers = statement<PublisherRow, [named: string[]]>(
  "publishers.list",
  `select * from (
     select id, seq, seen_at, server, synchronous, ended_at is null and seen_at > max(seen_at) over () - interval '30 seconds' as was_at_work
     from publishers where id = any($1) or seen_at is not null
   ) p where id = any($1) or was_at_work`,
);

/** What is noted of these publishers has been dealt with. */
export const raisePublishers = statement<never, [ids: string[], seqs: number[]]>(
  "publishers.raise",
  `insert into publishers (id, seq) select * from unnest($1::uuid[], $2::bigint[])
   on conflict (id) do update set seq = greatest(publishers.seq, excluded.seq)`,
);

/** All that this publisher has noted was compared on this server. */
export const noteCompared = statement<never, [id: string]>(
  "publishers.note_compared",
  `update publishers set server = ${server} where id = $1`,
);

/** It is at work. */
export const noteAtWork = statement<{ seq: number; seen_at: Date }, [id: string]>(
  "publishers.note_at_work",
  `update publishers set seen_at = now(), synchronous = current_setting('synchronous_standby_names') <> ''
   where id = $1 returning seq, seen_at`,
);

export const endPublisher = statement<never, [id: string]>(
  "publishers.end",
  `update publishers set ended_at = now() where id = $1`,
);

/** Whether there are posts, and whether a process that published has left anything that was sent, or waits to be. */
export const findPast = statement<{ posts: boolean; past: boolean }, []>(
  "publishers.find_past",
  `select exists (select from posts) as posts, exists (select from publishers where seen_at is not null) and (
     exists (select from publishers where seq > 0)
     or exists (select from platform_posts where next_action_at is not null)) as past`,
);

/** Which database this is, for as long as its files are not copied by PostgreSQL itself. */
export const findDatabase = statement<{ database: string }, []>(
  "instance.find_database",
  `select (select system_identifier from pg_control_system()) || '/' ||
     (select oid from pg_database where datname = current_database()) as database`,
);

/** The server's timeline: it changes when a standby takes over, and when a backup is restored to a point in time. */
export const findTimeline = statement<{ timeline: string }, []>(
  "instance.find_timeline",
  `select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline`,
);
