import type pg from "pg";

import { isDatabaseAway } from "./away.ts";
import { isJsonObject, jsonb } from "./jsonb.ts";

/** What a statement runs on: the pool, or a transaction's connection. */
export type Db = pg.Pool | pg.PoolClient;

/** A statement's parameters: the values of $1, $2, … in order; none if it has no parameters. */
type Given<Params extends readonly unknown[]> = Params extends readonly []
  ? []
  : readonly unknown[] extends Params
    ? [values?: Readonly<Params>]
    : [values: Readonly<Params>];

/** One SQL statement, prepared by PostgreSQL under its name the first time a connection runs it. */
export interface Statement<Row, Params extends readonly unknown[] = readonly unknown[]> {
  name: string;
  text: string;
  all(db: Db, ...given: Given<Params>): Promise<Row[]>;
  one(db: Db, ...given: Given<Params>): Promise<Row | undefined>;
  /** Runs it for its effect; returns the number of affected rows. */
  run(db: Db, ...given: Given<Params>): Promise<number>;
}

/** Every statement of the product, so that a test can have PostgreSQL check each against the migrated schema. */
export const statements = new Map<string, Pick<Statement<unknown>, "name" | "text">>();

/**
 * Declares a statement. `name` is unique in the product: the table's name and the action. `Row` mirrors the selected
 * columns, `never` if none are read. `Params` is a tuple whose labels describe the parameters; a test compares it with
 * PostgreSQL's types.
 */
export function statement<Row = never, Params extends readonly unknown[] = readonly unknown[]>(
  name: string,
  text: string,
): Statement<Row, Params> {
  if (statements.has(name)) throw new Error(`There are two statements named ${name}`);
  const query = async (db: Db, [values = []]: [values?: readonly unknown[]]) =>
    db.query<Row & pg.QueryResultRow>(within(db, { name, text, values: values.map(storable) }));
  const declared: Statement<Row, Params> = {
    name,
    text,
    all: async (db, ...given) => (await query(db, given)).rows,
    one: async (db, ...given) => (await query(db, given)).rows[0],
    run: async (db, ...given) => (await query(db, given)).rowCount ?? 0,
  };
  statements.set(name, declared);
  return declared;
}

/**
 * A parameter that PostgreSQL accepts, even if it is external data, such as platforms' names of people and files. A
 * lone surrogate becomes the replacement character automatically; NUL is removed here.
 */
function storable(value: unknown): unknown {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "") : value;
  if (Array.isArray(value)) return value.map(storable);
  return isJsonObject(value) ? jsonb(value) : value;
}

/** PostgreSQL ends a statement after 30 s. If nothing has come by then, the connection is dead. */
const ANSWER_SECONDS = 35;

/** The connections on which statements may take longer, and how long. */
const longAnswers = new WeakMap<Db, number>();

/** The pools whose statements may take as long as they want, and their connections. */
const patient = new WeakSet<Db>();

export function waitForAnswers(db: Db): void {
  patient.add(db);
}

/** Otherwise, a connection that was cut without a word would be waited for until TCP gives up: a quarter of an hour. */
export function within(db: Db, query: pg.QueryConfig): pg.QueryConfig {
  const seconds = patient.has(db) ? 0 : (longAnswers.get(db) ?? ANSWER_SECONDS);
  return Object.assign(query, { query_timeout: seconds * 1000 });
}

/** Allows the statements of a transaction to take longer than any other may. */
export async function allowLongStatements(tx: pg.PoolClient, seconds: number): Promise<void> {
  await allowSeconds.run(tx, [`${seconds}s`]);
  longAnswers.set(tx, seconds + ANSWER_SECONDS);
}

/** Ends the transaction's statements sooner than any other's: while one runs, others' work waits. */
export async function limitStatements(tx: pg.PoolClient, seconds: number): Promise<void> {
  await allowSeconds.run(tx, [`${seconds}s`]);
}

const allowSeconds = statement<never, [time: string]>(
  "settings.allow_long_statements",
  `select set_config('statement_timeout', $1, true)`,
);

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function transaction<Result>(
  pool: pg.Pool,
  work: (tx: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  const afterwards: AfterCommit[] = [];
  commits.set(client, afterwards);
  let broken: Error | undefined;
  let result: Result;
  try {
    await client.query(within(client, { text: "begin" }));
    result = await work(client);
    await client.query(within(client, { text: "commit" }));
  } catch (error) {
    // It may be dead, or lead to a server that has been replaced: the next one is a new connection.
    if (error instanceof Error && isDatabaseAway(error)) broken = error;
    else await client.query(within(client, { text: "rollback" })).catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    commits.delete(client);
    longAnswers.delete(client);
    client.release(broken);
  }
  for (const each of afterwards) each(pool);
  return result;
}

type AfterCommit = (pool: pg.Pool) => void;

/** What the transactions that are open do once they have committed, by their connections. */
const commits = new WeakMap<Db, AfterCommit[]>();

/** Calls `work` once the transaction of `db` has committed, never if it is rolled back. With the pool, at once. */
export function afterCommit(db: Db, work: AfterCommit): void {
  if (!("release" in db)) return work(db);
  const afterwards = commits.get(db);
  if (afterwards === undefined) throw new Error("The connection has no transaction");
  afterwards.push(work);
}
