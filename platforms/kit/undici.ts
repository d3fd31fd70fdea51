import type * as Undici from "undici";

let loaded: Promise<typeof Undici> | undefined;

/** The HTTP client, which is loaded for the first request: a process that sends none needs 4 MB less. */
export function loadUndici(): Promise<typeof Undici> {
  return (loaded ??= import("undici"));
}
