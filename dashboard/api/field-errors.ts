import type { AmpostError } from "../../client/errors.ts";

/** What is wrong with a field of the body, by its JSON Pointer ("/name"), including what is below it. */
export function errorAt(error: AmpostError | null, pointer: string): string | undefined {
  const found = error?.issues.find(({ path }) => path === pointer || path.startsWith(`${pointer}/`));
  return found === undefined ? undefined : [found.message, found.fix].filter((part) => part !== "").join(" ");
}

/** The message of an error that is about none of these fields. */
export function errorElsewhere(error: AmpostError | null, pointers: readonly string[]): string | undefined {
  if (error === null || pointers.some((pointer) => errorAt(error, pointer) !== undefined)) return undefined;
  return error.message;
}
