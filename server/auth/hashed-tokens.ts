import { createHash } from "node:crypto";

import type { DBAdapter, DBTransactionAdapter, Where } from "better-auth/types";

/** What is stored of a token: it cannot be used as one. */
export function digestToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/**
 * The sign-in library looks sessions up by the token in the cookie and stores that token as it is. This stands between
 * it and the database: the table sees digests only, the library sees the token it asked with, and where it asked by
 * something else, none.
 */
export function keepTokensHashed(adapter: DBAdapter): DBAdapter {
  return { ...hashing(adapter), transaction: (work) => adapter.transaction((tx) => work(hashing(tx))) };
}

function hashing(adapter: DBTransactionAdapter): DBTransactionAdapter {
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
      return giveBack(await adapter.create<T, R>({ ...input, data: { ...input.data, token: digestToken(token) } }), [
        token,
      ]);
    },
    findOne: async <T>(input: Parameters<DBAdapter["findOne"]>[0]) =>
      giveBackOf(input, await adapter.findOne<T>(hashed(input))),
    findMany: async <T>(input: Parameters<DBAdapter["findMany"]>[0]) => {
      const rows = await adapter.findMany<T>(hashed(input));
      for (const row of rows) giveBackOf(input, row);
      return rows;
    },
    count: (input) => adapter.count(hashed(input)),
    update: async <T>(input: Parameters<DBAdapter["update"]>[0]) =>
      giveBackOf(input, await adapter.update<T>(hashed(input))),
    updateMany: (input) => adapter.updateMany(hashed(input)),
    delete: (input) => adapter.delete(hashed(input)),
    deleteMany: (input) => adapter.deleteMany(hashed(input)),
    consumeOne: async <T>(input: Parameters<DBAdapter["consumeOne"]>[0]) =>
      giveBackOf(input, await adapter.consumeOne<T>(hashed(input))),
    incrementOne: async <T>(input: Parameters<DBAdapter["incrementOne"]>[0]) =>
      giveBackOf(input, await adapter.incrementOne<T>(hashed(input))),
  };
}

interface Asked {
  model: string;
  where?: Where[] | undefined;
}

/** The same question with digests in place of tokens. */
function hashed<Input extends Asked>(input: Input): Input {
  if (input.model !== "session" || input.where === undefined) return input;
  return {
    ...input,
    where: input.where.map((condition) =>
      condition.field === "token" ? { ...condition, value: hashedValue(condition.value) } : condition,
    ),
  };
}

function hashedValue(value: Where["value"]): Where["value"] {
  if (typeof value === "string") return digestToken(value);
  return Array.isArray(value) ? value.map((token) => digestToken(String(token))) : value;
}

function giveBackOf<Row>(input: Asked, row: Row): Row {
  if (input.model !== "session") return row;
  const tokens = (input.where ?? []).filter(({ field }) => field === "token").flatMap(({ value }) => value);
  return giveBack(
    row,
    tokens.filter((token) => typeof token === "string"),
  );
}

/** Puts the token that a row was asked by in the place of its digest. */
function giveBack<Row>(row: Row, tokens: readonly string[]): Row {
  if (typeof row !== "object" || row === null || !("token" in row)) return row;
  return Object.assign(row, { token: tokens.find((token) => digestToken(token) === row.token) ?? "" });
}
