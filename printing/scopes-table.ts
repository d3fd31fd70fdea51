import { OPERATIONS } from "../contract/index.ts";
import type { Scope } from "../platforms/definition.ts";
import { code, table } from "./markdown.ts";

/** A sign-in's permissions: why each is asked for, where it is used, and what happens without it. */
export function scopesTable(scopes: readonly Scope[]): string[] {
  return table(
    ["Permission", "Why", "Used by", "Without it"],
    scopes.map((scope) => [code(scope.name), scope.why, placesOf(scope).join("; "), fateOf(scope)]),
  );
}

/** Where the product uses a permission. Throws if it names an operation that does not exist. */
export function placesOf({ name, usedBy: { operations = [], steps = [] } }: Scope): string[] {
  const calls = operations.map((wanted) => {
    const operation = OPERATIONS.find((each) => each.name === wanted);
    if (operation === undefined) throw new Error(`${name} is used by "${wanted}", which is not an operation`);
    return `${operation.summary} (${code(`${operation.method} ${operation.path}`)})`;
  });
  const publishing = steps.length === 0 ? [] : [`publishing: ${steps.map(code).join(", ")}`];
  return [...calls, ...publishing];
}

function fateOf({ without, onRequest }: Scope): string {
  if (without === undefined) return "Accounts cannot be connected.";
  return onRequest === true ? `${without} Asked for only if you add it.` : without;
}
