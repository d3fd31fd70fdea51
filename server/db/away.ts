import pg from "pg";

/** Whether a failure means that the database cannot be reached or is coming or going, not that a statement was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!(error instanceof Error)) return false;
  if (error instanceof pg.DatabaseError) return AWAY_STATES.some((state) => error.code?.startsWith(state));
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const syscall = "syscall" in error ? error.syscall : undefined;
  if (syscall !== undefined && AWAY_CODES.has(code)) return syscall !== "open" && syscall !== "stat";
  return AWAY_SENTENCES.some((sentence) => error.message.startsWith(sentence));
}

/** Connection exceptions, too many connections, and a server that starts, stops or has crashed. */
const AWAY_STATES = ["08", "53300", "57P01", "57P02", "57P03"];

const AWAY_CODES: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOENT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);

/** node-postgres gives these no code. */
const AWAY_SENTENCES = ["Connection terminated", "timeout exceeded when trying to connect", "Client has encountered a connection error", "timeout expired"];
