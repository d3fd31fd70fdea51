import { statement } from "../sql.ts";

/** Facts of the whole instance, of which there are few. */
export const findFact = statement<{ value: string }, [name: string]>(
  "instance.find",
  `select value from instance where name = $1`,
);

/** Keeps an existing value: the first process to write it wins. */
export const addFact = statement<never, [name: string, value: string]>(
  "instance.add",
  `insert into instance (name, value) values ($1, $2) on conflict (name) do nothing`,
);

/** Replaces an existing value. */
export const noteFact = statement<never, [name: string, value: string]>(
  "instance.note",
  `insert into instance (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`,
);

export const listFacts = statement<{ name: string; value: string }, [prefix: string]>(
  "instance.list",
  `select name, value from instance where starts_with(name, $1) order by name`,
);

/** Of several processes that start the same thing, one continues at a time, until its transaction ends. */
export const lockSetUp = statement<never, []>(
  "instance.lock_set_up",
  `select pg_advisory_xact_lock(hashtext('ampost set-up'))`,
);

/** A fact that is not older. Its value is its creation time. */
export const findRecentFact = statement<{ value: string }, [name: string, hours: number]>(
  "instance.find_recent",
  `select value from instance where name = $1 and value::timestamptz > now() - make_interval(hours => $2)`,
);

/** Takes a fact that is not older, so that nobody takes it again. Its value is its creation time. */
export const takeRecentFact = statement<{ value: string }, [name: string, hours: number]>(
  "instance.take_recent",
  `delete from instance where name = $1 and value::timestamptz > now() - make_interval(hours => $2) returning value`,
);

export const deleteFacts = statement<never, [prefix: string]>(
  "instance.delete",
  `delete from instance where starts_with(name, $1)`,
);
