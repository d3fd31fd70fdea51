import { OPERATIONS } from "../contract/index.ts";
import { openApi, type JsonObject } from "../contract/openapi/openapi.ts";
import { variables } from "../model/environment.ts";
import { followReference, membersOf } from "./client-types.ts";

/**
 * Everything that users of the API and operators can name, sorted: operations, fields of requests and responses with
 * their object, values of enumerations, and settings.
 */
export function surface(): string[] {
  const document = openApi({ apiUrl: "http://localhost:3000", appUrl: "http://localhost:3000", version: "0" });
  const names = new Set<string>();
  for (const { method, path, name } of OPERATIONS) {
    names.add(`${method} ${path}`);
    const described = membersOf(membersOf(document.paths)[path.replaceAll(/:(\w+)/g, "{$1}")])[method.toLowerCase()];
    addNames(document, described, name, names);
  }
  for (const [name] of variables) names.add(name);
  return [...names].sort();
}

/** Adds what is inside a value of the document, in which `owner` is the next outer field, or the operation. */
function addNames(document: JsonObject, given: unknown, owner: string, names: Set<string>): void {
  if (Array.isArray(given)) for (const each of given) addNames(document, each, owner, names);
  if (typeof given !== "object" || given === null || Array.isArray(given)) return;
  const value = membersOf(followReference(document, given));
  if (typeof value.name === "string" && value.in === "query") names.add(`${owner}.${value.name}`);
  const inside = typeof value.name === "string" && value.in === "query" ? value.name : owner;
  if (Array.isArray(value.enum)) for (const each of value.enum) names.add(`${inside}=${String(each)}`);
  if (value.const !== undefined) names.add(`${inside}=${String(value.const)}`);
  for (const [key, member] of Object.entries(value)) {
    // Errors are the same everywhere.
    if (/^[45]\d\d$/.test(key)) continue;
    if (key === "properties") {
      for (const [name, schema] of Object.entries(membersOf(member))) {
        names.add(`${inside}.${name}`);
        addNames(document, schema, name, names);
      }
    } else if (!NOT_NAMES.has(key)) addNames(document, member, inside, names);
  }
}

/** What says something about names and is none. */
const NOT_NAMES = new Set(["example", "examples", "default", "headers", "enum", "const", "required", "security"]);

/** The last name in an entry: a field, a value, a setting, or a path. */
export function nameIn(entry: string): string {
  return /^[A-Z]+ (\/.+)$/.exec(entry)?.[1] ?? /(?:[.=])(.+)$/.exec(entry)?.[1] ?? entry;
}
