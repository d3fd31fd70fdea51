import type { AmpostError } from "../../client/errors.ts";
import { sentence } from "../../model/sentence.ts";

/** What is wrong and what to do about it, as sentences. */
export function issueText({ message, fix }: { message: string; fix: string }): string {
  return [message, fix]
    .filter((part) => part !== "")
    .map(sentence)
    .join(" ");
}

/** What is wrong with a field, which is called by the label that it shows. */
export type FieldError = (label: string) => string;

/**
 * What is wrong with a field of the body, by its JSON Pointer ("/name"), including what is below it. The server calls it
 * by its path and says that it should be corrected, which goes without saying beside the field.
 */
export function errorAt(error: AmpostError | null, pointer: string): FieldError | undefined {
  const found = error?.issues.find(({ path }) => isIn(path, pointer));
  if (found === undefined) return undefined;
  const { message, fix } = found;
  const keys = found.path.split("/").slice(1);
  const name = keys.reduce((text, key) => (/^\d+$/.test(key) ? `${text}[${key}]` : `${text}.${key}`));
  // A post's content has words of its own.
  if (keys[0] === "content" || !message.startsWith(`${name} `)) return () => issueText(found);
  const rest = { message: message.slice(name.length), fix: fix.startsWith(`Correct ${name}.`) ? "" : fix };
  return (label) => label + issueText(rest);
}

/** The message of an error that is about none of these fields. */
export function errorElsewhere(error: AmpostError | null, pointers: readonly string[]): string | undefined {
  if (error === null || pointers.some((pointer) => errorAt(error, pointer) !== undefined)) return undefined;
  return error.message;
}

/** Whether these fields show all of what is wrong. */
export function isBesideFields({ issues }: AmpostError, pointers: readonly string[]): boolean {
  return issues.length > 0 && issues.every(({ path }) => pointers.some((pointer) => isIn(path, pointer)));
}

function isIn(path: string, pointer: string): boolean {
  return path === pointer || path.startsWith(`${pointer}/`);
}
