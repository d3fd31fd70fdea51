import type * as Undici from "undici";

/**
 * How long an address may take to connect before the name's next one is tried. Node's default is shorter than a
 * handshake around the world, or a packet that is sent again.
 */
export const ADDRESS_MILLISECONDS = 4_000;

let loaded: Promise<typeof Undici> | undefined;

/** The HTTP client, which is loaded for the first request: a process that sends none needs 4 MB less. */
export function loadUndici(): Promise<typeof Undici> {
  return (loaded ??= import("undici"));
}
