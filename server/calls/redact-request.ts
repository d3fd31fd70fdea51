import { fieldsOf } from "../../contract/forms/fields-of.ts";
import { formOf, type Operation } from "../../contract/operation.ts";
import { cutText } from "../../model/cut-text.ts";
import type { PublicError } from "../../model/errors.ts";
import type { RecordedError } from "../db/queries/api-requests.ts";

/** Characters of texts that are recorded of a query or body. */
const MOST_CHARACTERS = 8_000;
/** Values that are recorded of it, and how deep. */
const MOST_VALUES = 500;
const MOST_DEPTH = 12;

const REMOVED = "[removed]";
const REST = "[more]";

/** Fields whose values are secrets, whatever they contain. */
const SECRET_FIELD = /secret|password|token|credential|signature|authorization/i;
/** Our own secrets, which people paste anywhere. */
const OWN_SECRET = /\b(amp_[a-z]{2,10}_|whsec_)[\w+/=-]{16,}|(?<=\/connect\/)[\w-]{16,}/g;

/**
 * What may be recorded of a request's query or body: the fields that the operation declares, since anything can be in
 * others, without secrets, and not all of a long one. Null if it is no object.
 */
export function redactInput(operation: Operation, input: unknown): Record<string, unknown> | null {
  if (!isRecord(input)) return null;
  return redactRecord(input, namesOf(operation), { characters: MOST_CHARACTERS, values: MOST_VALUES }, 0);
}

interface Room {
  characters: number;
  values: number;
}

function redact(value: unknown, names: ReadonlySet<string>, room: Room, depth: number): unknown {
  room.values -= 1;
  if (room.values < 0 || room.characters <= 0) return REST;
  if (typeof value === "string") return redactText(value, room);
  if (typeof value !== "object" || value === null) return value;
  if (depth > MOST_DEPTH) return REST;
  if (!Array.isArray(value)) return redactRecord(value, names, room, depth);
  const items: unknown[] = [];
  for (const item of value) {
    items.push(redact(item, names, room, depth + 1));
    if (items.at(-1) === REST) break;
  }
  return items;
}

function redactRecord(value: object, names: ReadonlySet<string>, room: Room, depth: number): Record<string, unknown> {
  const known = Object.entries(value).filter(([name]) => names.has(name));
  const unknown = Object.keys(value).length - known.length;
  return Object.fromEntries([
    ...known.map(([name, member]): [string, unknown] => [
      name,
      SECRET_FIELD.test(name) ? REMOVED : redact(member, names, room, depth + 1),
    ]),
    ...(unknown === 0 ? [] : [["[unknown fields]", unknown]]),
  ]);
}

function redactText(text: string, room: Room): string {
  const shown = text.length > room.characters ? `${cutText(text, room.characters)}${REST}` : text;
  room.characters -= shown.length;
  return withoutCredentials(shown).replace(OWN_SECRET, (_, prefix: string | undefined) => `${prefix ?? ""}${REMOVED}`);
}

/** Signed URLs have their signatures in the query; others have tokens there. */
function withoutCredentials(text: string): string {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  if (url === null || (url.search === "" && url.username === "" && url.password === "" && url.hash === "")) return text;
  return `${url.origin}${url.pathname}?${REMOVED}`;
}

/**
 * What may be recorded of an error. Messages about fields repeat their values: those about fields that the operation
 * does not declare, and about the path, are replaced.
 */
export function redactError(operation: Operation, { code, message, issues }: PublicError): RecordedError {
  const names = namesOf(operation);
  const recorded = issues.map(({ rule, path, message, fix }) =>
    path
      .split("/")
      .slice(1)
      .every((step) => names.has(step) || /^\d+$/.test(step))
      ? { rule, path, message, fix }
      : Object.hasOwn(operation.params.shape, path.slice(1))
        ? { rule, path, message: `The path's ${path.slice(1)} is not valid`, fix: "Correct it." }
        : { rule, path: "", message: "The request has an unknown field", fix: "Remove it." },
  );
  const [first] = issues;
  return {
    code,
    message: first?.message === message ? (recorded[0]?.message ?? message) : message,
    issues: recorded.map((issue) => ({
      ...issue,
      message: issue.message.replace(OWN_SECRET, REMOVED),
      fix: issue.fix.replace(OWN_SECRET, REMOVED),
    })),
  };
}

const known = new WeakMap<Operation, ReadonlySet<string>>();

/** The names of all fields that an operation declares in its query and body, at any depth, and of files in forms. */
function namesOf(operation: Operation): ReadonlySet<string> {
  let names = known.get(operation);
  if (names === undefined) {
    const { query, body, otherForm } = operation;
    const schemas = [query, body, formOf(operation), ...(otherForm === undefined ? [] : [otherForm])];
    names = new Set(["files", ...schemas.flatMap((schema) => fieldsOf(schema).flatMap(({ path }) => path))]);
    known.set(operation, names);
  }
  return names;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
