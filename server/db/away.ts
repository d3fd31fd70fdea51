import pg from "pg";

/**
 * Whether a failure means that the database is unreachable or accepts no writes for now, rather than that a statement
 * was wrong.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!(error instanceof Error)) return false;
  if (error instanceof pg.DatabaseError)
    return isFromPooler(error) || AWAY_STATES.some((state) => error.code?.startsWith(state));
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const syscall = "syscall" in error ? error.syscall : undefined;
  if (syscall === "connect" || syscall === "getaddrinfo") return true;
  if (syscall !== undefined && AWAY_CODES.has(code)) return syscall !== "open" && syscall !== "stat";
  return AWAY_SENTENCES.some((sentence) => error.message.startsWith(sentence));
}

/**
 * PgBouncer ends a connection with this state for every reason of its own: its server has crashed, cannot be logged in
 * to, or has no connection left. PostgreSQL itself rejects a malformed statement with it, which ends nothing. Source:
 * `send_pooler_error` in https://github.com/pgbouncer/pgbouncer/blob/master/src/proto.c
 */
export function isFromPooler(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "08P01" && error.severity === "FATAL";
}

/** A constraint, or the value itself or its size: it would be rejected again. */
export function isRefusedForGood(error: unknown): boolean {
  return isOfClass(error, ["22", "23", "54"]);
}

/** The statement and the schema do not fit: a mistake in the program, or a schema of another version. */
export function isMisfit(error: unknown): boolean {
  return isOfClass(error, ["0A", "42", "P0"]);
}

function isOfClass(error: unknown, classes: readonly string[]): boolean {
  return error instanceof pg.DatabaseError && classes.includes(error.code?.slice(0, 2) ?? "");
}

/** Any other database error may be temporary: a deadlock, a timeout, a lock. */
export function isFromDatabase(error: unknown): boolean {
  return error instanceof pg.DatabaseError;
}

/**
 * Connection exceptions, no disk, memory or connections left, a server that is starting, stopping or has crashed, and
 * one that is read-only after a failover.
 */
const AWAY_STATES = ["08000", "08001", "08003", "08004", "08006", "53", "57P01", "57P02", "57P03", "25006"];

/** Of an established connection. A connection that cannot be made is away for whatever reason. */
const AWAY_CODES: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "ENOTCONN",
  "EPIPE",
  "ETIMEDOUT",
]);

/** node-postgres gives these no code. */
const AWAY_SENTENCES = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "Client has encountered a connection error",
  "Client network socket disconnected before secure TLS connection was established",
  "timeout expired",
  "Query read timeout",
];
