import { createRequire } from "node:module";

import pino, { type Logger } from "pino";
import type { build } from "pino-pretty";

import { redact, REDACTED } from "../../platforms/kit/redaction.ts";

export interface LogOptions {
  level: string;
  /** Which part of the program writes: `api`, `worker`, … */
  part?: string;
}

/**
 * JSON lines on standard error, because standard output is for results, or a readable format on a terminal. Secrets are
 * removed at any depth: values by their name, texts by their format.
 */
export function createLog({ level, part }: LogOptions): Logger {
  const base = part === undefined ? null : { part };
  const formatters = {
    level: (label: string) => ({ level: label }),
    log: (fields: Record<string, unknown>) => clean(fields, 0),
  };
  const serializers = { err: (error: unknown) => error };
  const options = {
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters,
    serializers,
    hooks: { logMethod: cleanMessage },
  };
  return pino(options, terminalStream() ?? pino.destination({ fd: 2, sync: true }));
}

/** Everything under such a name is secret, whatever it looks like. */
const SECRET_NAME =
  /authorization|cookie|password|secret|signature|sealed|verifier|api_?key$|token$|encryption_?key|database_?url/i;
/** Raw API keys, MCP tokens, and passwords in URLs. */
const SECRET_TEXT = [/\bamp_(?:live|test|op|access|refresh|code)_[\w-]{8,}/g, /(?<=:\/\/[^\s:/@]*:)[^\s/@]+(?=@)/g];
const DEEPEST = 8;

function clean(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) && value !== null && typeof value !== "number" ? REDACTED : cleanValue(value, depth),
    ]),
  );
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEEPEST) return "[deep]";
  if (value instanceof Error) return cleanError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return cleanText(value.href);
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => cleanValue(item, depth + 1));
  return clean({ ...value }, depth + 1);
}

/** What helps to find the error. Other properties of an error may contain requests, rows or user data. */
function cleanError(error: Error, depth: number): Record<string, unknown> {
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: cleanValue(error.cause, depth + 1) };
  return {
    type: error.name,
    message: cleanText(error.message),
    ...code,
    stack: cleanText(error.stack ?? ""),
    ...cause,
  };
}

function cleanText(text: string): string {
  return SECRET_TEXT.reduce((cleaned, form) => cleaned.replace(form, REDACTED), redact(text));
}

function cleanMessage(this: Logger, args: Parameters<pino.LogFn>, method: pino.LogFn): void {
  const [first, message, ...rest] = args;
  // An error passed directly would bypass this with its message.
  if (first instanceof Error) return method.apply(this, [{ err: first }, cleanText(message ?? first.message), ...rest]);
  if (typeof first === "string") return method.apply(this, [cleanText(first), message, ...rest]);
  method.apply(this, [first, message === undefined ? undefined : cleanText(message), ...rest]);
}

/** The readable format costs memory and time, so it is loaded only for a terminal. */
function terminalStream(): pino.DestinationStream | undefined {
  if (!process.stderr.isTTY) return undefined;
  const pretty: { build: typeof build } = createRequire(import.meta.url)("pino-pretty");
  return pretty.build({
    destination: 2,
    sync: true,
    translateTime: "SYS:HH:MM:ss",
    ignore: "pid,hostname",
    colorize: process.env.NO_COLOR === undefined,
  });
}
