import type { Operation } from "../contract/operation.ts";
import { titleOf, upperFirst } from "./n8n-fields.ts";

/** "webhook-deliveries": the part after `/api/v1/`. */
export function nounOf({ path }: Operation): string {
  return path.split("/")[3] ?? "";
}

/** "webhook-deliveries" as "webhook-delivery"; accounts are connected by links. */
export function singularOf(noun: string): string {
  return noun === "connections" ? "connect-link" : noun.replace(/ies$/, "y").replace(/s$/, "");
}

/** "getAll" for a list, "get" and a noun for other reads, otherwise the verb. */
export function valueOf(operation: Operation | undefined): string {
  if (operation === undefined) return "";
  const noun = nounOf(operation).replaceAll("-", "_");
  const verb = operation.name.startsWith(`${noun}_`)
    ? operation.name.slice(noun.length + 1)
    : operation.name.split("_").slice(1).join("_");
  if (verb === "list") return "getAll";
  return operation.method === "GET" && verb !== "get" ? camel(`get_${verb}`) : camel(verb);
}

/** "Get Many", "Rotate Secret". */
export function nameOf(operation: Operation): string {
  const value = valueOf(operation);
  return value === "getAll" ? "Get Many" : upperFirst(titleOf(value));
}

/** "rotate_secret" as "rotateSecret". */
export function camel(words: string): string {
  return words.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase());
}
