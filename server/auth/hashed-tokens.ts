import { createHash } from "node:crypto";

import type { DBAdapter, DBTransactionAdapter, Where } from "better-auth/types";

/** What is stored of a token: it cannot be used as one. */
export function digestToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/**
 * The sign-in library looks up sessions by the token in the cookie and stores the token in plain text. This adapter
 * sits between it and the database: the table has only digests, and the library sees the token it looked up, or none if
 * it looked up something else.
 */
export function withHashedTokens(adapter: DBAdapter): DBAdapter {
  return { ...wrap(adapter), transaction: (work) => adapter.transaction((tx) => work(wrap(tx))) };
}

function wrap(adapter: DBTransactionAdapter): DBTransactionAdapter {
  return {
    ...adapter,
    create: async <T extends Record<string, unknown>, R = T>(input: {
      model: string;
      data: Omit<T, "id">;
      select?: string[] | undefined;
      forceAllowId?: boolean | undefined;
    }) => {
      const { token } = { token: undefined, ...input.data };
      if (input.model !== "session" || typeof token !== "string") return await adapter.create<T, R>(input);
      return restoreToken(
        await adapter.create<T, R>({ ...input, data: { ...input.data, token: digestToken(token) } }),
        [token],
      );
    },
    findOne: async <T>(input: Parameters<DBAdapter["findOne"]>[0]) =>
      restoreTokens(input, await adapter.findOne<T>(withHashedWhere(input))),
    findMany: async <T>(input: Parameters<DBAdapter["findMany"]>[0]) => {
      const rows = await adapter.findMany<T>(withHashedWhere(input));
      for (const row of rows) restoreTokens(input, row);
      return rows;
    },
    count: (input) => adapter.count(withHashedWhere(input)),
    update: async <T>(input: Parameters<DBAdapter["update"]>[0]) =>
      restoreTokens(input, await adapter.update<T>(withHashedWhere(input))),
    updateMany: (input) => adapter.updateMany(withHashedWhere(input)),
    delete: (input) => adapter.delete(withHashedWhere(input)),
    deleteMany: (input) => adapter.deleteMany(withHashedWhere(input)),
    consumeOne: async <T>(input: Parameters<DBAdapter["consumeOne"]>[0]) =>
      restoreTokens(input, await adapter.consumeOne<T>(withHashedWhere(input))),
    incrementOne: async <T>(input: Parameters<DBAdapter["incrementOne"]>[0]) =>
      restoreTokens(input, await adapter.incrementOne<T>(withHashedWhere(input))),
  };
}

interface Query {
  model: string;
  where?: Where[] | undefined;
}

/** The same question with digests in place of tokens. */
function withHashedWhere<Input extends Query>(input: Input): Input {
  if (input.model !== "session" || input.where === undefined) return input;
  return {
    ...input,
    where: input.where.map((condition) =>
      condition.field === "token" ? { ...condition, value: hashValue(condition.value) } : condition,
    ),
  };
}

function hashValue(value: Where["value"]): Where["value"] {
  if (typeof value === "string") return digestToken(value);
  return Array.isArray(value) ? value.map((token) => digestToken(String(token))) : value;
}

function restoreTokens<Row>(input: Query, row: Row): Row {
  if (input.model !== "session") return row;
  const tokens = (input.where ?? []).filter(({ field }) => field === "token").flatMap(({ value }) => value);
  return restoreToken(
    row,
    tokens.filter((token) => typeof token === "string"),
  );
}

/** Replaces the digest in a row with the token it was looked up by. */
function restoreToken<Row>(row: Row, tokens: readonly string[]): Row {
  if (typeof row !== "object" || row === null || !("token" in row)) return row;
  return Object.assign(row, { token: tokens.find((token) => digestToken(token) === row.token) ?? "" });
}
