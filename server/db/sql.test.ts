import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import ts from "typescript";

import { createTestDatabase } from "../../tests/database.ts";
import { isDatabaseAway } from "./away.ts";
import { createPool } from "./pool.ts";
import { allowLongStatements, type Db, statement, statements, transaction } from "./sql.ts";

test("PostgreSQL accepts every declared statement on the migrated schema, with the declared parameters", async () => {
  const files = (await readdir(import.meta.dirname, { recursive: true })).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  for (const file of files) await import(`./${file}`);
  assert.ok(statements.size > 40, `${statements.size} statements were found`);
  const declared = declaredParameters(files.map((file) => join(import.meta.dirname, file)));
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  try {
    const refused: string[] = [];
    for (const { name, text } of statements.values())
      await client
        .query(`prepare "${name}" as ${text}`)
        .catch((error: Error) => refused.push(`${name}: ${error.message}`));
    assert.deepEqual(refused, []);
    const { rows } = await client.query<{ name: string; types: string[] }>(
      `select name, array(select format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null)
         from unnest(parameter_types) with ordinality p(type, place) join pg_type t on t.oid = p.type
         order by place) as types
       from pg_prepared_statements`,
    );
    assert.deepEqual(
      rows.flatMap(({ name, types }) => {
        const parameters = declared.find((each) => each.name.test(name))?.parameters;
        return parameters !== undefined && fits(parameters, types)
          ? []
          : [`${name} declares (${parameters?.join(", ")}), and PostgreSQL takes (${types.join(", ")})`];
      }),
      [],
    );
  } finally {
    client.release();
    await database.drop();
  }
});

test("no statement that stores anything notifies: that would lock out every other one that does", async () => {
  for (const file of await readdir(import.meta.dirname, { recursive: true }))
    if (file.endsWith(".ts") && !file.endsWith(".test.ts")) await import(`./${file}`);
  const notifying = [...statements.values()].filter(({ text }) => /notify/i.test(text));
  assert.deepEqual(notifying.map(({ name }) => name).sort(), ["mcp.notify_answer", "notifications.send"]);
  for (const { text } of notifying) assert.match(text, /^select pg_notify/);
});

test("a pool whose statements PostgreSQL does not end waits for them, too", async () => {
  const slow = statement<{ pid: number }>("test.slow", "select pg_backend_pid() as pid");
  const database = await createTestDatabase();
  mock.timers.enable({ apis: ["setTimeout"] });
  const pool = createPool(database.url, { max: 2, statementTimeoutSeconds: 0 });
  const pids: number[] = [];
  const notePid = async (db: Db) => void pids.push((await slow.one(db))?.pid ?? 0);
  try {
    const answered = await transaction(pool, async (tx) => {
      await Promise.all([notePid(tx), notePid(pool)]);
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      const answers = Promise.all([slow.one(tx), slow.one(pool)]);
      await passSeconds(3_600);
      for (const pid of pids) process.kill(pid, "SIGCONT");
      return await answers;
    });
    assert.deepEqual(answered.map((row) => row?.pid).sort(), pids.toSorted());
  } finally {
    mock.timers.reset();
    for (const pid of pids) process.kill(pid, "SIGCONT");
    await pool.end();
    await database.drop();
  }
});

test("a statement that is not answered fails within a minute, and so does its transaction", async () => {
  const silent = statement<{ pid: number }>("test.silent", "select pg_backend_pid() as pid");
  const database = await createTestDatabase();
  mock.timers.enable({ apis: ["setTimeout"] });
  const pool = createPool(database.url, { max: 3 });
  const pids: number[] = [];
  const over: string[] = [];
  const [isOpen, isSilent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const notePid = async (db: Db) => void pids.push((await silent.one(db))?.pid ?? 0);
  try {
    const long = transaction(pool, async (tx) => {
      await allowLongStatements(tx, 600);
      await notePid(tx);
      isOpen.resolve();
      await isSilent.promise;
      await silent.one(tx);
    }).finally(() => over.push("long"));
    await isOpen.promise;
    const others = [await pool.connect(), await pool.connect()];
    await Promise.all(others.map(notePid));
    for (const each of others) each.release();
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    isSilent.resolve();
    const failed = Promise.allSettled([
      long,
      silent.one(pool).finally(() => over.push("alone")),
      transaction(pool, () => Promise.resolve()).finally(() => over.push("in a transaction")),
    ]);
    await passSeconds(60);
    assert.deepEqual(over.sort(), ["alone", "in a transaction"]);
    await passSeconds(600);
    for (const result of await failed) assert.ok(result.status === "rejected" && isDatabaseAway(result.reason));
    mock.timers.reset();
    assert.ok(!pids.includes((await silent.one(pool))?.pid ?? 0));
  } finally {
    mock.timers.reset();
    for (const pid of pids) process.kill(pid, "SIGCONT");
    await pool.end();
    await database.drop();
  }
});

async function passSeconds(count: number): Promise<void> {
  for (let second = 0; second < count; second += 1) {
    mock.timers.tick(1_000);
    await turn();
  }
}

test("a process that runs on while columns are added keeps using its prepared statements", async () => {
  for (const file of await readdir(import.meta.dirname, { recursive: true }))
    if (file.endsWith(".ts") && !file.endsWith(".test.ts")) await import(`./${file}`);
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  try {
    for (const { name, text } of statements.values()) await client.query(`prepare "${name}" as ${text}`);
    const tables = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    );
    for (const { name } of tables.rows) await client.query(`alter table "${name}" add column added_later text`);
    const { rows } = await client.query<{ name: string; count: number }>(
      "select name, cardinality(parameter_types) as count from pg_prepared_statements",
    );
    const broken: string[] = [];
    for (const { name, count } of rows) {
      const values = count === 0 ? "" : `(${Array(count).fill("null").join(", ")})`;
      await client
        .query(`explain execute "${name}"${values}`)
        .catch((error: Error) => broken.push(`${name}: ${error.message}`));
    }
    assert.ok(rows.length > 40);
    assert.deepEqual(broken, []);
  } finally {
    client.release();
    await database.drop();
  }
});

test("a transaction is committed when its work is done and rolled back when it fails", async () => {
  const database = await createTestDatabase();
  try {
    await database.pool.query("create table things (name text)");
    await transaction(database.pool, (tx) => tx.query("insert into things values ('kept')"));
    await assert.rejects(
      transaction(database.pool, async (tx) => {
        await tx.query("insert into things values ('lost')");
        throw new Error("no");
      }),
      /^Error: no$/,
    );
    assert.deepEqual((await database.pool.query("select name from things")).rows, [{ name: "kept" }]);
  } finally {
    await database.drop();
  }
});

/** Which types of PostgreSQL a parameter may have that is declared as one of TypeScript. */
const POSTGRESQL_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ["text", "uuid"],
  number: ["smallint", "integer", "bigint", "double precision"],
  boolean: ["boolean"],
  date: ["timestamp with time zone"],
  bytes: ["bytea"],
  json: ["jsonb", "json"],
};

function fits(declared: readonly string[], prepared: readonly string[]): boolean {
  const isTaken = (kind: string, type = ""): boolean =>
    kind.endsWith("[]")
      ? type.endsWith("[]") && isTaken(kind.slice(0, -2), type.slice(0, -2))
      : POSTGRESQL_TYPES[kind]?.includes(type) === true;
  return declared.length === prepared.length && declared.every((kind, place) => isTaken(kind, prepared[place]));
}

interface Declared {
  /** Of a name that is put together, whatever fits. */
  name: RegExp;
  parameters: string[];
}

/** The second type argument of each `statement<Row, Params>(name, text)`, as the compiler resolves it. */
function declaredParameters(files: string[]): Declared[] {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const found: Declared[] = [];
  const visit = (node: ts.Node): void => {
    const params = ts.isCallExpression(node) && node.expression.getText() === "statement" && node.typeArguments?.[1];
    if (params) {
      const type = checker.getTypeFromTypeNode(params);
      assert.ok(isTuple(checker, type), `${params.getText()} is no tuple`);
      found.push({
        name: patternOf(node.arguments[0]),
        parameters: checker.getTypeArguments(type).map((argument) => kindOf(checker, argument)),
      });
    }
    node.forEachChild(visit);
  };
  for (const file of files) program.getSourceFile(file)?.forEachChild(visit);
  return found;
}

function isTuple(checker: ts.TypeChecker, type: ts.Type): type is ts.TypeReference {
  return checker.isTupleType(type);
}

function patternOf(name: ts.Expression | undefined): RegExp {
  if (name !== undefined && ts.isStringLiteral(name)) return pattern(name.text);
  assert.ok(name !== undefined && ts.isTemplateExpression(name), `${name?.getText()} is no name of a statement`);
  const parts = [name.head, ...name.templateSpans.map(({ literal }) => literal)];
  return pattern(parts.map(({ text }) => text).join("*"));
}

function pattern(name: string): RegExp {
  return new RegExp(`^${name.replaceAll(".", "\\.").replaceAll("*", "\\w+")}$`);
}

function kindOf(checker: ts.TypeChecker, nullable: ts.Type): string {
  const type = checker.getNonNullableType(nullable);
  const element = checker.isArrayType(type) ? checker.getIndexTypeOfType(type, ts.IndexKind.Number) : undefined;
  if (element !== undefined) return `${kindOf(checker, element)}[]`;
  const is = (kind: string, flags: ts.TypeFlags) =>
    (type.isUnion() ? type.types : [type]).every((part) => (part.flags & flags) !== 0) ? kind : undefined;
  const named = { Date: "date", Buffer: "bytes" }[type.symbol?.getName() ?? ""];
  return (
    is("string", ts.TypeFlags.StringLike) ??
    is("number", ts.TypeFlags.NumberLike) ??
    is("boolean", ts.TypeFlags.BooleanLike) ??
    named ??
    "json"
  );
}
